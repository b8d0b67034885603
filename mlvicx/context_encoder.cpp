#include "mlvicx/context_encoder.h"

#include "mlvicx/context_maps.h"
#include "mlvicx/gate_convolution.h"

#include <torch/torch.h>

namespace mlvicx {
namespace {

torch::nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel) {
    return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel).padding(kernel / 2).bias(false));
}

class ContextBottleneck : public torch::nn::Module {
public:
    explicit ContextBottleneck(std::int64_t channels)
        : squeeze_(register_module("squeeze", convolution(channels, channels / 2, 1))),
          expand_(register_module("expand", convolution(channels / 2, channels, 1))),
          spatial_(register_module("spatial", convolution(2, 1, 7))) {}

    /// Appends the spatial gate to `gates` if given.
    torch::Tensor forward(const torch::Tensor& x, std::vector<torch::Tensor>* gates) {
        const auto pooled = over_pixels(x);
        const auto described = descriptor(pooled.found).chunk(2);
        const auto channels = torch::sigmoid(described[0] + described[1]);
        const auto across = over_channels(pooled.map, channels);
        const auto gate = torch::sigmoid(gate_convolution(across.found, spatial_->weight));
        if (gates != nullptr) gates->push_back(gate);
        return gated(across.map, channels, gate);
    }

private:
    /// [N, C] -> [N, C]: 1x1 convolutions of single pixels, computed as matrix products.
    torch::Tensor descriptor(const torch::Tensor& pooled) {
        const auto hidden = torch::relu(torch::linear(pooled, squeeze_->weight.flatten(1)));
        return torch::linear(hidden, expand_->weight.flatten(1));
    }

    torch::nn::Conv2d squeeze_, expand_, spatial_;
};

} // namespace

ContextEncoder::ContextEncoder(const std::string& backbone) : ResNet(backbone) {
    for (const auto channels : ResNet::channels()) context_->push_back(std::make_shared<ContextBottleneck>(channels));
    register_module("context", context_);
}

std::vector<torch::Tensor> ContextEncoder::maps(const torch::Tensor& images) {
    return refined(images, nullptr);
}

std::vector<torch::Tensor> ContextEncoder::attention(const torch::Tensor& images) {
    std::vector<torch::Tensor> gates;
    refined(images, &gates);
    return gates;
}

std::vector<torch::Tensor> ContextEncoder::refined(const torch::Tensor& images, std::vector<torch::Tensor>* gates) {
    std::vector<torch::Tensor> result;
    auto refine = [&](int k, const torch::Tensor& map) {
        return result.emplace_back(context_->at<ContextBottleneck>(static_cast<std::size_t>(k)).forward(map, gates));
    };
    auto x = pool(refine(0, stem(images)));
    for (int k = 1; k <= 4; ++k) x = refine(k, stage(k, x));
    return result;
}

} // namespace mlvicx
