#include "methods/pretrain/diagnostics.h"

#include <torch/torch.h>

#include <limits>

namespace mlvicx {

double embedding_std(const torch::Tensor& embeddings) {
    const torch::NoGradGuard no_grad;
    if (embeddings.size(0) < 2) return 0;
    const auto z = embeddings.to(torch::kFloat64);
    const auto unit = z / z.norm(2, 1, true).clamp_min(1e-12);
    return unit.std(0).mean().item<double>();
}

double effective_rank(const torch::Tensor& embeddings) {
    const torch::NoGradGuard no_grad;
    const auto z = embeddings.to(torch::kFloat64);
    // The eigenvalues of the smaller Gram matrix are the squared singular values; a full SVD of [N, 4096] costs
    // seconds.
    const auto gram = (z.size(0) < z.size(1) ? z.mm(z.t()) : z.t().mm(z)).cpu();
    if (!gram.isfinite().all().item<bool>()) return std::numeric_limits<double>::quiet_NaN();
    const auto singular = torch::linalg_eigvalsh(gram).clamp_min(0).sqrt();
    const auto sum = singular.sum();
    if (sum.item<double>() == 0) return 1; // only zeros: fully collapsed
    const auto share = singular / sum;
    return torch::exp(-torch::xlogy(share, share).sum()).item<double>();
}

torch::Tensor varying_features(const torch::Tensor& features, Precision precision) {
    const torch::NoGradGuard no_grad;
    if (features.size(0) == 0) return torch::zeros({features.size(1)}, features.options().dtype(torch::kBool));
    constexpr double bound = 0x1p-15;
    const auto own = (precision == Precision::bf16 ? 0x1p-8 : bound) * features.abs().amax(0);
    const auto typical = bound * features.square().mean(0).pow(0.25).mean().square();
    return features.std(0, false) > torch::maximum(own, typical);
}

} // namespace mlvicx
