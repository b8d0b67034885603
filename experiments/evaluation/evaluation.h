#pragma once

#include "datasets/subset.h"
#include "experiments/evaluation/classification.h"
#include "experiments/evaluation/features.h"
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
    double amount = 1;     ///< of labelled images: a share up to 1, a number above
    std::int64_t seed = 0; ///< of fine-tuning
    std::int64_t draw = 0; ///< of the labelled subset
    PlanEvaluation options;
    std::function<std::shared_ptr<Encoder>()> encoder; ///< called only where it is needed; on the CPU
    std::filesystem::path features; ///< frozen features are kept here and taken from here; empty: not kept
    std::filesystem::path sheet;    ///< segmentation: a picture of test images with their masks; empty: none
    torch::Device device = torch::kCPU;
    /// Called, where it is given, with what made the scores: the encoder on `device`, in evaluation mode, and how
    /// images passed through it. Not of protocols without a linear head.
    std::function<void(Encoder& encoder, const LinearHead& head, const Inference& inference)> inspect;
};

/// Runs an evaluation with its protocol. Throws UserError where data, labels and options do not allow it; Interrupted
/// after a signal.
JobResult evaluate_encoder(const OpenDataset& data, const EvaluationJob& job);

/// An evaluation under way: what a protocol's function works with.
class Evaluation {
public:
    Evaluation(const OpenDataset& dataset, const EvaluationJob& of);

    const EvaluationJob& job;
    const LabelSubset labelled;
    const OpenDataset data; ///< its `train`: the labelled images alone

    Encoder& encoder();       ///< on the job's device, loaded by the first call; evaluation mode after training
    torch::Tensor features(); ///< of all images, [N, F] on the job's device; from the job's cache where it has them
    Inference inference(Precision precision) const;
    Precision feature_precision() const; ///< in which features() are computed
    SupervisedRun run() const;

    /// A result with what all protocols say: of the dataset and the labelled images.
    JobResult begin_result(json::object details, std::vector<CurvePoint> curves) const;

private:
    std::shared_ptr<Encoder> encoder_;
};

/// The encoder of a file as it is evaluated: with `features` "backbone", without its context bottlenecks.
std::shared_ptr<Encoder> encoder_for_evaluation(const std::filesystem::path& file, const std::string& features);

/// An encoder whose weights come from a torchvision-named file. Throws UserError where names or shapes differ.
std::shared_ptr<Encoder> encoder_from_weights(const std::string& name, const std::filesystem::path& file);

/// Where this process computes.
Provenance provenance_of(const torch::Device& device);

} // namespace mlvicx
