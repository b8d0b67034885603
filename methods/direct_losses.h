#pragma once

#include "methods/losses.h"

#include <torch/torch.h>

namespace mlvicx {

// The losses as their papers write them, with D x D matrices: the oracle for tests and benchmarks of `losses.h`, which
// computes them with less work. Same arguments; with gradient.

/// Sum of the squared off-diagonal entries of a square matrix.
inline torch::Tensor direct_off_diagonal(const torch::Tensor& c) {
    return (c.square() * (1 - torch::eye(c.size(0), c.options()))).sum();
}

inline torch::Tensor direct_covariance(const torch::Tensor& z) {
    const auto c = z - z.mean(0);
    return direct_off_diagonal(c.t().mm(c) / (z.size(0) - 1)) / z.size(1);
}

inline torch::Tensor direct_vicreg(const torch::Tensor& a, const torch::Tensor& b, const VicregWeights& weights = {}) {
    const auto hinge = [](const torch::Tensor& z) { return torch::relu(1 - torch::sqrt(z.var(0) + 1e-4)).mean(); };
    return weights.invariance * torch::mse_loss(a, b) + weights.variance * (hinge(a) + hinge(b)) / 2 +
           weights.covariance * (direct_covariance(a) + direct_covariance(b));
}

inline torch::Tensor direct_barlow_twins(const torch::Tensor& a, const torch::Tensor& b, double lambda = 0.0051) {
    const auto norm = [](const torch::Tensor& z) { return torch::batch_norm(z, {}, {}, {}, {}, true, 0, 1e-5, false); };
    const auto c = norm(a).t().mm(norm(b)) / a.size(0);
    return (c.diagonal() - 1).square().sum() + lambda * direct_off_diagonal(c);
}

/// For each direction: minus the logarithm of the partner's softmax probability among all others.
inline torch::Tensor direct_nt_xent(const torch::Tensor& a, const torch::Tensor& b, double temperature = 0.1) {
    const auto z = torch::cat({a / a.norm(2, 1, true), b / b.norm(2, 1, true)});
    const auto n = a.size(0);
    auto sum = torch::zeros({}, a.options());
    for (std::int64_t i = 0; i < 2 * n; ++i) {
        const auto similarity = z.mv(z[i]) / temperature;
        const auto others = torch::cat({similarity.slice(0, 0, i), similarity.slice(0, i + 1)});
        sum = sum - similarity[(i + n) % (2 * n)] + others.logsumexp(0);
    }
    return sum / (2 * n);
}

inline torch::Tensor direct_byol(const torch::Tensor& p1, const torch::Tensor& p2, const torch::Tensor& t1,
                                 const torch::Tensor& t2) {
    return 4 - 2 * (torch::cosine_similarity(p1, t2, 1) + torch::cosine_similarity(p2, t1, 1)).mean();
}

} // namespace mlvicx
