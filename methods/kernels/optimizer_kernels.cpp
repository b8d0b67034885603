#include "methods/kernels/optimizer_kernels.h"

#include "methods/kernels/vectors.h"

#include <cmath>

namespace mlvicx {

MLVICX_WIDEST SquaredNorms squared_norms(std::int64_t count, const float* w, const float* g, float decay) {
    constexpr std::int64_t lanes = 64; // independent sums: a single one would not vectorise
    float weights[lanes] = {}, gradients[lanes] = {};
    std::int64_t i = 0;
    for (; i + lanes <= count; i += lanes)
        for (std::int64_t k = 0; k < lanes; ++k) {
            const float weight = w[i + k], gradient = g[i + k] + decay * weight;
            weights[k] += weight * weight;
            gradients[k] += gradient * gradient;
        }
    SquaredNorms sum;
    for (; i < count; ++i) {
        const double weight = w[i], gradient = g[i] + decay * w[i];
        sum.weight += weight * weight;
        sum.gradient += gradient * gradient;
    }
    for (const auto value : weights) sum.weight += static_cast<double>(value);
    for (const auto value : gradients) sum.gradient += static_cast<double>(value);
    return sum;
}

MLVICX_WIDEST void momentum_step(std::int64_t count, float* __restrict w, const float* __restrict g,
                                 float* __restrict m, MomentumStep step) {
    const auto [decay, mu, ratio, rate] = step;
    for (std::int64_t i = 0; i < count; ++i) {
        m[i] = mu * m[i] + ratio * (g[i] + decay * w[i]);
        w[i] -= rate * m[i];
    }
}

MLVICX_WIDEST void adamw_step(std::int64_t count, float* __restrict w, const float* __restrict g,
                              float* __restrict mean, float* __restrict square, const AdamwStep& step) {
    const auto kept = static_cast<float>(step.kept), rate = static_cast<float>(step.rate);
    const auto beta1 = static_cast<float>(step.beta1), beta2 = static_cast<float>(step.beta2);
    const auto deviation_scale = static_cast<float>(step.deviation_scale), epsilon = static_cast<float>(step.epsilon);
    for (std::int64_t i = 0; i < count; ++i) {
        mean[i] = beta1 * mean[i] + (1 - beta1) * g[i];
        square[i] = beta2 * square[i] + (1 - beta2) * g[i] * g[i];
        w[i] = kept * w[i] - rate * mean[i] / (std::sqrt(square[i]) * deviation_scale + epsilon);
    }
}

} // namespace mlvicx
