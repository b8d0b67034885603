#pragma once

#include "core/json.h"
#include "methods/device/device.h"
#include "methods/encoder.h"

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace mlvicx {

/// How images pass through a network that is evaluated.
struct Inference {
    std::int64_t image_size = 224; ///< pixels that the network sees
    torch::Device device = torch::kCPU;
    Precision precision = Precision::fp32;
    std::int64_t batch = 0; ///< images at a time; 0: 256 on a GPU, 32 on the CPU
};

/// Evaluation mode for a scope.
class EvaluationMode {
public:
    explicit EvaluationMode(Encoder& encoder) : encoder_(encoder), was_training_(encoder.is_training()) {
        encoder_.eval();
    }
    ~EvaluationMode() { encoder_.train(was_training_); }
    EvaluationMode(const EvaluationMode&) = delete;
    EvaluationMode& operator=(const EvaluationMode&) = delete;

private:
    Encoder& encoder_;
    bool was_training_;
};

/// The rows `indices` of a tensor, where it lies.
torch::Tensor rows_of(const torch::Tensor& tensor, const std::vector<std::int64_t>& indices);

/// Shows progress as `label`. Calls work(input, begin, count) for the images `indices` in their order, batch by batch:
/// the first `count` rows of the encoder's input are the images from indices[begin] on. Batches are always full, the
/// last filled up with its first image: convolutions choose their algorithm by the batch's size, and what is computed
/// of an image must not depend on how many others were asked for. Throws Interrupted.
void for_each_batch(
    const char* label, const torch::Tensor& images, const std::vector<std::int64_t>& indices,
    const Inference& inference,
    const std::function<void(const torch::Tensor& input, std::int64_t begin, std::int64_t count)>& work);

/// Features [images, F] float32 on the inference's device of the images `indices`: encoder in evaluation mode, no
/// gradient, plain views. An image's features do not depend on the order of `indices` or on the others in it; the
/// encoder is left as it was. Throws Interrupted.
torch::Tensor extract_features(Encoder& encoder, const torch::Tensor& images, const std::vector<std::int64_t>& indices,
                               const Inference& inference);

/// Adds what varying_features found to an evaluation's details: features, dead_features.
void count_features(const torch::Tensor& varying, json::object& details);

} // namespace mlvicx
