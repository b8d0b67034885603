#pragma once

#include "experiments/evaluation/external_images.h"
#include "experiments/evaluation/foreign_features.h"
#include "experiments/open_dataset.h"
#include "experiments/runner/artifacts.h"
#include "experiments/runner/jobs.h"
#include "experiments/runner/runner.h"
#include "experiments/runner/tensorboard.h"
#include "experiments/runner/training.h"
#include "results/store/store.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace mlvicx {

/// What the jobs of a plan compute. Everything given must outlive it.
class JobWork {
public:
    /// `datasets`: by their names in the plan. `board` follows the trainings. `options`: of which `save_every` and
    /// `world` count.
    JobWork(const Plan& plan, const std::map<std::string, OpenDataset>& datasets, const torch::Device& device,
            const Artifacts& artifacts, TensorBoard& board, const RunOptions& options);
    /// Pre-trains, from its checkpoint if there is one, and leaves the encoder's file. Throws as train_encoder does.
    JobResult train(const Job& job) const;
    /// What a rank other than the first trains along.
    SharedJob shared(const Job& job) const;
    /// Evaluates an encoder, whose file must be there; a training goes on from its checkpoint if there is one. Throws
    /// as evaluate_encoder does.
    JobResult evaluate(const Job& job);

private:
    json::object source_of(const Job& job);
    const std::string& trained_on(const Job& job) const;
    const std::optional<GivenFeatures>& given(const Job& job, const std::string& dataset);
    ExternalImages external_of(const Job& job);

    const Plan& plan_;
    const std::map<std::string, OpenDataset>& datasets_;
    const torch::Device device_;
    const Artifacts& artifacts_;
    TensorBoard& board_;
    const double save_every_;
    World* const world_;
    std::map<std::filesystem::path, json::object> sources_;     ///< of the encoders' files
    std::optional<std::size_t> given_method_;                   ///< whose features are in given_
    std::map<std::string, std::optional<GivenFeatures>> given_; ///< by dataset
};

} // namespace mlvicx
