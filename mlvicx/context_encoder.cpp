#include "mlvicx/context_encoder.h"

#include <torch/torch.h>

namespace mlvicx {
namespace {

torch::nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel) {
    return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel).padding(kernel / 2).bias(false));
}

/// y * gate for y = x * channels, which backward computes again instead of keeping it: the stem's alone takes a tenth
/// of a step's memory. x and `channels` get their gradients through y.
class Gated : public torch::autograd::Function<Gated> {
public:
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& y,
                                 const torch::Tensor& gate, const torch::Tensor& x, const torch::Tensor& channels) {
        context->save_for_backward({gate, x, channels});
        return y * gate;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &gate = saved[0], &x = saved[1], &channels = saved[2];
        const auto of_gate = (gradients[0] * (x * channels)).sum(1, true);
        return {gradients[0] * gate, of_gate, torch::Tensor(), torch::Tensor()};
    }
};

class ContextBottleneck : public torch::nn::Module {
public:
    explicit ContextBottleneck(std::int64_t channels)
        : squeeze_(register_module("squeeze", convolution(channels, channels / 2, 1))),
          expand_(register_module("expand", convolution(channels / 2, channels, 1))),
          spatial_(register_module("spatial", convolution(2, 1, 7))) {}

    /// The spatial gate is appended to `gates`, where it is given.
    torch::Tensor forward(const torch::Tensor& x, std::vector<torch::Tensor>* gates) {
        // Reductions run on [N, H W, C], which is how a channels-last map lies in memory, so that their gradients come
        // back in the map's own layout. And max with indices, not amax: its gradient goes to one place instead of
        // counting ties over the whole map.
        const auto pixels = x.permute({0, 2, 3, 1}).flatten(1, 2);
        const auto described = descriptor(torch::cat({pixels.mean(1), first(pixels.max(1))})).chunk(2);
        const auto channels = torch::sigmoid(described[0] + described[1]).unsqueeze(2).unsqueeze(3);
        const auto y = x * channels;

        const auto rows = y.permute({0, 2, 3, 1});
        const auto planes = torch::stack({rows.mean(3), first(rows.max(3))}, 1);
        const auto gate = torch::sigmoid(spatial_->forward(planes));
        if (gates != nullptr) gates->push_back(gate);
        return Gated::apply(y, gate, x, channels);
    }

private:
    static torch::Tensor first(const std::tuple<torch::Tensor, torch::Tensor>& values_and_indices) {
        return std::get<0>(values_and_indices);
    }
    /// [N, C] -> [N, C]: 1x1 convolutions of single pixels, as the matrix products that they are.
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
