#include "mlvicx/context_encoder.h"

#include "core/error.h"
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
    ContextBottleneck(std::int64_t channels, ContextParts parts) {
        if (parts != ContextParts::spatial) {
            squeeze_ = register_module("squeeze", convolution(channels, channels / 2, 1));
            expand_ = register_module("expand", convolution(channels / 2, channels, 1));
        }
        if (parts != ContextParts::channel) spatial_ = register_module("spatial", convolution(2, 1, 7));
    }

    /// Appends the spatial gate, if there is one, to `gates` if given.
    torch::Tensor forward(const torch::Tensor& x, std::vector<torch::Tensor>* gates) {
        auto map = x;
        torch::Tensor channels, pixels; // gates; a part that is left out has ones
        if (squeeze_) {
            const auto pooled = over_pixels(map);
            const auto described = descriptor(pooled.found).chunk(2);
            channels = torch::sigmoid(described[0] + described[1]);
            map = pooled.map;
        } else {
            channels = torch::ones({x.size(0), x.size(1)}, x.options());
        }
        if (spatial_) {
            const auto across = over_channels(map, channels);
            pixels = torch::sigmoid(gate_convolution(across.found, spatial_->weight));
            map = across.map;
            if (gates != nullptr) gates->push_back(pixels);
        } else {
            pixels = torch::ones({x.size(0), 1, x.size(2), x.size(3)}, x.options());
        }
        return gated(map, channels, pixels);
    }

private:
    /// [N, C] -> [N, C]: 1x1 convolutions of single pixels, computed as matrix products.
    torch::Tensor descriptor(const torch::Tensor& pooled) {
        const auto hidden = torch::relu(torch::linear(pooled, squeeze_->weight.flatten(1)));
        return torch::linear(hidden, expand_->weight.flatten(1));
    }

    torch::nn::Conv2d squeeze_{nullptr}, expand_{nullptr}, spatial_{nullptr};
};

} // namespace

std::string context_suffix(ContextParts parts) {
    switch (parts) {
    case ContextParts::both:
        return "+context";
    case ContextParts::channel:
        return "+channel_context";
    case ContextParts::spatial:
        return "+spatial_context";
    }
    throw InternalError("no such part of a context bottleneck");
}

ContextEncoder::ContextEncoder(const std::string& backbone, ContextParts parts) : ResNet(backbone), parts_(parts) {
    for (const auto channels : ResNet::channels())
        context_->push_back(std::make_shared<ContextBottleneck>(channels, parts));
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
