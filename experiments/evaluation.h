#pragma once

#include "experiments/ready_dataset.h"
#include "results/store.h"

#include <functional>
#include <memory>
#include <string>

namespace mlvicx {

/// One evaluation: what an "evaluate" cell or `mlvicx-bench evaluate` does.
struct EvaluationTask {
    std::string protocol;  ///< one of protocol_names()
    double amount = 1;     ///< of labelled films: a share up to 1, a number above
    std::int64_t seed = 0; ///< of fine-tuning
    std::int64_t draw = 0; ///< of the labelled subset
    PlanEvaluation options;
    std::function<std::shared_ptr<Encoder>()> encoder; ///< asked for only where it is needed; on the CPU
    std::filesystem::path features; ///< frozen features are kept here and taken from here; empty: not kept
    std::filesystem::path sheet;    ///< segmentation: a picture of test films with their masks; empty: none
    torch::Device device = torch::kCPU;
    /// Called, where it is given, with what made the scores: the encoder on `device`, in evaluation mode. Not of
    /// protocols without a linear head.
    std::function<void(Encoder& encoder, const LinearHead& head)> inspect;
};
CellResult evaluate_encoder(const OpenDataset& data, const EvaluationTask& task);

/// The precision in which an evaluation made the features that its head stands on.
Precision evaluation_precision(const std::string& protocol, const PlanEvaluation& options, const torch::Device& device);

/// The encoder of a file as it is evaluated: with `features` "backbone", without its context bottlenecks.
std::shared_ptr<Encoder> encoder_for_evaluation(const std::filesystem::path& file, const std::string& features);

/// An encoder whose weights come from a torchvision-named file. Throws UserError where names or shapes differ.
std::shared_ptr<Encoder> encoder_from_weights(const std::string& name, const std::filesystem::path& file);

/// Where this process computes.
Provenance provenance_of(const torch::Device& device);

} // namespace mlvicx
