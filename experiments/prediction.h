#pragma once

#include "experiments/evaluation/features.h"
#include "experiments/saved_model.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace mlvicx {

/// Some of the files that are predicted, in their order.
struct PredictedFiles {
    std::vector<std::filesystem::path> files; ///< n
    std::vector<std::string> faults;          ///< n: why a file could not be read; empty: it was
    torch::Tensor images;                     ///< u8 [n, S, S], as `prepare` makes them; rows of unread files are zero
    torch::Tensor scores;                     ///< float32 [n, C] on the CPU; rows of unread files are zero
};

/// How images pass through the model's encoder on this device. On a CPU without the model's bf16 it is fp32, which is
/// logged.
Inference inference_of(const ModelFacts& facts, const torch::Device& device);

/// Scores image files: decodes them on all cores and calls `take` for some hundred at a time, so memory does not grow
/// with their number. The model is on the inference's device. Throws Interrupted.
void predict_files(SavedModel& model, const std::vector<std::filesystem::path>& files, const Inference& inference,
                   const std::function<void(const PredictedFiles&)>& take);

} // namespace mlvicx
