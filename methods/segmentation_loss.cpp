#include "methods/segmentation_loss.h"

#include "core/error.h"

#include <torch/torch.h>

namespace mlvicx {

Loss segmentation_loss(const torch::Tensor& logits, const torch::Tensor& targets) {
    ensure(logits.dim() == 4 && logits.sizes() == targets.sizes(), "logits and targets must be [B, M, H, W]");
    const auto x = logits.scalar_type() == torch::kFloat64 ? logits : logits.to(torch::kFloat32);
    const auto t = targets.to(x.scalar_type());
    const auto cross_entropy = torch::binary_cross_entropy_with_logits(x, t);
    const auto p = torch::sigmoid(x);
    const auto both = (p * t).sum({0, 2, 3});
    const auto either = p.sum({0, 2, 3}) + t.sum({0, 2, 3});
    const auto dice = 1 - ((2 * both + 1) / (either + 1)).mean();
    return {cross_entropy + dice, {{"cross_entropy", cross_entropy}, {"dice", dice}}};
}

} // namespace mlvicx
