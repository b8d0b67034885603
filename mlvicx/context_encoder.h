#pragma once

#include "methods/resnet.h"

#include <memory>
#include <string>
#include <vector>

namespace mlvicx {

/// The parts of a context bottleneck. The paper's has both; one part alone is an ablation.
enum class ContextParts { both, channel, spatial };
/// What follows the backbone in an encoder's name: "+context", "+channel_context", "+spatial_context".
std::string context_suffix(ContextParts parts);

/// A ResNet with a context bottleneck in line after the stem and each stage: its output is the input of what follows.
///
/// A bottleneck, as MLVICX calls it, is the attention module CBAM (Woo et al., ECCV 2018): channel attention (average-
/// and max-pooled descriptors through one shared C -> C/r -> C network, summed, sigmoid), then spatial attention (mean
/// and max over channels, 7x7 convolution, sigmoid). It differs in placement and detail: there is one after the stem
/// and one after each stage, not one in every residual block before the skip is added; r is 2, not 16; no layer has a
/// bias, and no batch norm follows the 7x7 convolution; CBAM's release (Jongchan/attention-module) has both.
///
/// Parameters: the ResNet's with torchvision's names, and for K = 0..4 `context.K.squeeze.weight` and
/// `context.K.expand.weight` (channel part) and `context.K.spatial.weight` (spatial part). They start from LibTorch's
/// default (uniform, 1 / sqrt(fan-in)), which leaves every gate near one half; He initialisation, made for layers
/// before a ReLU, would start with gates permanently shut on some channels and open on others.
class ContextEncoder : public ResNet {
public:
    /// `backbone`: "resnet18" or "resnet50".
    explicit ContextEncoder(const std::string& backbone, ContextParts parts = ContextParts::both);
    std::vector<torch::Tensor> maps(const torch::Tensor& images) override;
    std::string name() const override { return ResNet::name() + context_suffix(parts_); }
    std::vector<std::string> last_stage() const override { return {"layer4", "context.4"}; }
    std::shared_ptr<Encoder> another() const override {
        return std::make_shared<ContextEncoder>(ResNet::name(), parts_);
    }
    ContextParts parts() const { return parts_; }
    torch::nn::ModuleList context() { return context_; }
    /// The bottlenecks' spatial attention, that is the gate by which each position of the five maps is multiplied: [N,
    /// 1, H, W] in 0..1, highest resolution first. Empty without the spatial part.
    std::vector<torch::Tensor> attention(const torch::Tensor& images);

private:
    /// The five maps; appends each level's gate to `gates` if given.
    std::vector<torch::Tensor> refined(const torch::Tensor& images, std::vector<torch::Tensor>* gates);

    ContextParts parts_;
    torch::nn::ModuleList context_;
};

} // namespace mlvicx
