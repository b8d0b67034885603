#pragma once

#include <cstdint>

namespace mlvicx {

// The passes of LARS (You, Gitman and Ginsburg, arXiv:1708.03888) and of SGD with momentum over a weight: w, its
// gradient g and its momentum m are [count] and do not overlap. lars.cpp combines them.

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

} // namespace mlvicx
