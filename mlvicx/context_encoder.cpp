#include "mlvicx/context_encoder.h"

#include "mlvicx/initialise.h"

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

    torch::Tensor forward(const torch::Tensor& x) {
        // max with indices, not amax: its gradient goes to one place instead of counting ties over the whole map.
        const auto mean = x.mean({2, 3}, true), peak = std::get<0>(x.flatten(2).max(2, true)).unsqueeze(3);
        const auto y = x * torch::sigmoid(descriptor(mean) + descriptor(peak));
        const auto planes = torch::cat({y.mean(1, true), std::get<0>(y.max(1, true))}, 1);
        return y * torch::sigmoid(spatial_->forward(planes));
    }

private:
    torch::Tensor descriptor(const torch::Tensor& pooled) {
        return expand_->forward(torch::relu(squeeze_->forward(pooled)));
    }

    torch::nn::Conv2d squeeze_, expand_, spatial_;
};

} // namespace

ContextEncoder::ContextEncoder(const std::string& backbone) : ResNet(backbone) {
    for (const auto channels : ResNet::channels()) context_->push_back(std::make_shared<ContextBottleneck>(channels));
    register_module("context", context_);
    he_initialise(*context_);
}

std::vector<torch::Tensor> ContextEncoder::maps(const torch::Tensor& images) {
    std::vector<torch::Tensor> result;
    auto refine = [&](int k, const torch::Tensor& map) {
        return result.emplace_back(context_->at<ContextBottleneck>(static_cast<std::size_t>(k)).forward(map));
    };
    auto x = pool(refine(0, stem(images)));
    for (int k = 1; k <= 4; ++k) x = refine(k, stage(k, x));
    return result;
}

} // namespace mlvicx
