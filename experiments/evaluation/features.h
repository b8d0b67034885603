#pragma once

#include "core/json.h"
#include "experiments/evaluation/saving.h"
#include "methods/device/device.h"
#include "methods/encoder.h"

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mlvicx {

/// How images pass through a network that is evaluated.
struct Inference {
    std::int64_t image_size = 224; ///< side of the network's input, pixels
    torch::Device device = torch::kCPU;
    Precision precision = Precision::fp32;
    std::int64_t batch = 0; ///< images per batch; 0: 256 on a GPU, 32 on the CPU
};

/// Puts an encoder into evaluation mode for a scope.
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

/// The rows `indices` of a tensor, on its device.
torch::Tensor rows_of(const torch::Tensor& tensor, const std::vector<std::int64_t>& indices);

/// Calls work(input, begin, count) for the images `indices` in their order, batch by batch, and shows progress as
/// `label`. The first `count` rows of `input` are the images from indices[begin] on. Batches are always full; the last
/// one is padded with its first image, because convolutions choose their algorithm by batch size, and an image's result
/// must not depend on how many others were requested. The images before indices[first] are done already. Throws
/// Interrupted.
void for_each_batch(const char* label, const torch::Tensor& images, const std::vector<std::int64_t>& indices,
                    const Inference& inference,
                    const std::function<void(const torch::Tensor& input, std::int64_t begin, std::int64_t count)>& work,
                    std::int64_t first = 0);

/// Features [images, F] of the images `indices`, float32 on the inference's device: encoder in evaluation mode, no
/// gradient, plain views. An image's features do not depend on the order of `indices` or on the others in it. The
/// encoder's mode is restored. Throws Interrupted.
///
/// Saves the rows so far as `saving` says, and when it is interrupted; goes on from the checkpoint if there is one, and
/// ends with the same bits. A checkpoint that is damaged or of another identity is not used, and said so. It stays; the
/// caller removes it when the features are safe.
torch::Tensor extract_features(Encoder& encoder, const torch::Tensor& images, const std::vector<std::int64_t>& indices,
                               const Inference& inference, const Saving& saving = {});

/// Identifies features by all that determines their bits on a CPU: the images (a prepared dataset's fingerprint), the
/// encoder's weights, and how and on which device they pass through it.
std::string identity_of_features(const std::string& fingerprint, const Encoder& encoder, const Inference& inference);

/// Adds the counts from varying_features to an evaluation's details: features, dead_features.
void count_features(const torch::Tensor& varying, json::object& details);

} // namespace mlvicx
