#pragma once

#include "datasets/subset.h"
#include "experiments/evaluation/classification.h"
#include "experiments/evaluation/external_images.h"
#include "experiments/evaluation/features.h"
#include "experiments/evaluation/foreign_features.h"
#include "experiments/evaluation/supervised.h"
#include "experiments/open_dataset.h"
#include "experiments/plan_evaluation.h"
#include "results/store/store.h"

#include <filesystem>
#include <functional>
#include <memory>

namespace mlvicx {

/// One evaluation: what an "evaluate" job or `mlvicx-bench evaluate` does.
struct EvaluationJob {
    const ProtocolEntry* protocol = nullptr;
    double fraction = 1;   ///< label fraction; above 1: number of labelled images
    std::int64_t seed = 0; ///< of fine-tuning
    std::int64_t draw = 0; ///< of the labelled subset
    PlanEvaluation options;
    std::function<std::shared_ptr<Encoder>()> encoder; ///< called only when needed; returns an encoder on the CPU
    std::filesystem::path features;                    ///< cache of frozen features; empty: not cached
    /// Of the training of protocols that train the network. Its `seconds` are also those of features: these have a
    /// checkpoint beside their cache, which goes when they are cached.
    Saving saving;
    std::optional<GivenFeatures> given;     ///< used in place of an encoder; protocols on features only
    std::optional<ExternalImages> external; ///< tested instead of the dataset's own images; protocols on features only
    /// A control: the labels of the labelled and of the validation images are permuted, each class by itself and within
    /// its split, by `seed`.
    bool shuffled = false;
    std::filesystem::path sheet; ///< segmentation: figure of test images with their masks; empty: none
    bool pictures = false;       ///< the result gets small figures: masks, and with heatmaps those of some test images
    torch::Device device = torch::kCPU;
    /// Called, if set, with the outcome of a classification and the data that it was evaluated on: its `validation`
    /// images are those of the outcome's validation scores. Before `inspect`.
    std::function<void(const OpenDataset& evaluated, const EvaluationOutcome& outcome)> classified;
    /// Called, if set, with what produced the scores: the encoder on `device` in evaluation mode, the outcome with its
    /// head, and how images passed through the encoder. Protocols without a linear head do not call it.
    std::function<void(Encoder& encoder, const EvaluationOutcome& outcome, const Inference& inference)> inspect;
    OnEpoch on_epoch; ///< follows the training of protocols that train the network, if set
};

/// Runs an evaluation with its protocol. Throws UserError if data, labels or options do not allow it, Interrupted after
/// a signal.
JobResult evaluate_encoder(const OpenDataset& data, const EvaluationJob& job);

/// An evaluation in progress: what a protocol's function works with.
class Evaluation {
public:
    Evaluation(const OpenDataset& dataset, const EvaluationJob& of);

    const EvaluationJob& job;
    const LabelSubset labelled;
    /// Its `train` holds only the labelled images. With external images, their labels follow its own, and `test` has
    /// their rows.
    const OpenDataset data;

    Encoder& encoder(); ///< on the job's device, loaded on the first call; in evaluation mode after training
    /// Of all images, [N, F] on the job's device, followed by those of the external images; from the job's cache if it
    /// has them.
    torch::Tensor features();
    Inference inference(Precision precision) const;
    Precision feature_precision() const; ///< the precision that features() uses
    SupervisedRun run() const;

    /// A result with what all protocols store: facts about the dataset and the labelled images.
    JobResult begin_result(json::object details, std::vector<CurvePoint> curves) const;

private:
    torch::Tensor features_of(const OpenDataset& dataset, const std::filesystem::path& cache,
                              const std::optional<GivenFeatures>& given);
    std::shared_ptr<Encoder> encoder_;
};

/// Loads an encoder for evaluation; with `features` "backbone", without its context bottlenecks.
std::shared_ptr<Encoder> encoder_for_evaluation(const std::filesystem::path& file, const std::string& features);

/// An encoder with weights from a file with torchvision's names. Throws UserError if names or shapes differ.
std::shared_ptr<Encoder> encoder_from_weights(const std::string& name, const std::filesystem::path& file);

/// What this process computes with and on.
Provenance provenance_of(const torch::Device& device);

} // namespace mlvicx
