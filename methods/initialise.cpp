#include "methods/initialise.h"

#include "core/random.h"

#include <torch/torch.h>

#include <cmath>

namespace mlvicx {
namespace {

/// Fills the weights layer by layer.
template <typename Fill> void he(torch::nn::Module& module, const Fill& fill) {
    const torch::NoGradGuard no_grad;
    const auto initialise = [&](auto& layer) {
        fill(layer.weight);
        if (layer.bias.defined()) layer.bias.zero_();
    };
    module.apply([&](torch::nn::Module& m) {
        if (auto* conv = m.as<torch::nn::Conv2d>()) initialise(*conv);
        if (auto* linear = m.as<torch::nn::Linear>()) initialise(*linear);
    });
}

} // namespace

void he_initialise(torch::nn::Module& module) {
    he(module,
       [](const torch::Tensor& weight) { torch::nn::init::kaiming_normal_(weight, 0, torch::kFanIn, torch::kReLU); });
}

void he_initialise(torch::nn::Module& module, std::uint64_t seed) {
    std::uint32_t layer = 0;
    he(module, [&](const torch::Tensor& weight) {
        Random random(seed, Purpose::weights, layer++);
        const auto fan_in = static_cast<double>(weight.numel() / weight.size(0));
        auto flat = torch::empty({weight.numel()}, torch::kFloat32);
        auto* value = flat.data_ptr<float>();
        for (std::int64_t i = 0; i < weight.numel(); ++i)
            value[i] = static_cast<float>(random.normal() * std::sqrt(2 / fan_in));
        weight.copy_(flat.view(weight.sizes()));
    });
}

} // namespace mlvicx
