#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mlvicx {

/// An image encoder. Input [N, 3, H, W], normalised with ImageNet's mean and standard deviation, or where a GPU runs
/// our kernels (stem_takes_grey) also [N, 1, H, W], grey in 0..1: what `encoder_input` gives.
class Encoder : public torch::nn::Module {
public:
    /// Maps after the stem (before its max-pool) and after each of the four stages, highest resolution first.
    virtual std::vector<torch::Tensor> maps(const torch::Tensor& images) = 0;
    /// Average-pooled last map: [N, features()].
    torch::Tensor forward(const torch::Tensor& images) { return maps(images).back().mean({2, 3}); }
    virtual std::int64_t features() const = 0;
    /// Channels of each of the five maps.
    virtual std::vector<std::int64_t> channels() const = 0;
    /// "resnet18", "resnet50", with "+context" if there are context bottlenecks between the stages.
    virtual std::string name() const = 0;
    /// Submodules that compute the last map from the one before it: the last stage and what follows it. Fine-tuning the
    /// last stage trains these.
    virtual std::vector<std::string> last_stage() const = 0;
    /// A new encoder of the same structure with fresh weights, on the CPU. Copying the pointer would share the weights;
    /// use this and `copy_state` for a deep copy.
    virtual std::shared_ptr<Encoder> another() const = 0;
};

} // namespace mlvicx
