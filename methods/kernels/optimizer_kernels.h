#pragma once

#include <cstdint>

namespace mlvicx {

// The passes of optimisers over a weight: w, its gradient g and what they remember of it are [count], and do not
// overlap. LARS (You, Gitman and Ginsburg, arXiv:1708.03888) and SGD with momentum, which lars.cpp combines; AdamW
// (Loshchilov and Hutter, ICLR 2019), for adamw.cpp.

/// Squared norms of w and of g + decay w.
struct SquaredNorms {
    double weight = 0, gradient = 0;
};

/// Both in one pass, for a piece of about ten thousand values: sums in float32.
SquaredNorms squared_norms(std::int64_t count, const float* w, const float* g, float decay);

struct MomentumStep {
    float decay, mu, ratio, rate;
};

/// m = mu m + ratio (g + decay w); w -= rate m.
void momentum_step(std::int64_t count, float* w, const float* g, float* m, MomentumStep step);

/// In float64, for LibTorch's operations on parameters of that type; the kernels compute with it in float32.
struct AdamwStep {
    double kept;            ///< of w: 1 - learning rate x decay
    double rate;            ///< learning rate / (1 - beta1^steps)
    double beta1, beta2;    ///< of the mean and of the squares
    double deviation_scale; ///< 1 / sqrt(1 - beta2^steps)
    double epsilon;
};

/// mean = beta1 mean + (1 - beta1) g; square = beta2 square + (1 - beta2) g^2; w = kept w - rate mean / (sqrt(square)
/// deviation_scale + epsilon).
void adamw_step(std::int64_t count, float* w, const float* g, float* mean, float* square, const AdamwStep& step);

} // namespace mlvicx
