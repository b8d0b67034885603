#include "methods/optimizer/clip.h"

#include <torch/torch.h>

namespace mlvicx {

void clip_gradients(const std::vector<torch::Tensor>& parameters, double largest) {
    const torch::NoGradGuard no_gradient;
    std::vector<torch::Tensor> gradients;
    for (const auto& parameter : parameters)
        if (parameter.grad().defined()) gradients.push_back(parameter.grad());
    if (gradients.empty()) return;
    const auto norm = at::stack(at::_foreach_norm(gradients)).norm();
    const auto factor = (largest / (norm + 1e-6)).clamp_max(1);
    at::_foreach_mul_(gradients, std::vector<torch::Tensor>(gradients.size(), factor));
}

} // namespace mlvicx
