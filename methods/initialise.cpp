#include "methods/initialise.h"

#include <torch/torch.h>

namespace mlvicx {
namespace {

template <typename Layer> void he(Layer& layer) {
    torch::nn::init::kaiming_normal_(layer.weight, 0, torch::kFanIn, torch::kReLU);
    if (layer.bias.defined()) torch::nn::init::zeros_(layer.bias);
}

} // namespace

void he_initialise(torch::nn::Module& module) {
    module.apply([](torch::nn::Module& m) {
        if (auto* conv = m.as<torch::nn::Conv2d>()) he(*conv);
        if (auto* linear = m.as<torch::nn::Linear>()) he(*linear);
    });
}

} // namespace mlvicx
