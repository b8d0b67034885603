#pragma once

#include "methods/kernels/vectors.h"

#include <cstdint>

namespace mlvicx::winograd {

// Winograd's minimal filtering F(4, 3) with the points 0, 1, -1, 2, -2 and infinity (Winograd 1980; Lavin and Gray,
// "Fast algorithms for convolutional neural networks", CVPR 2016, section 4.2): four outputs y of a filter w of three
// taps over six inputs d,
//   y = A^T [(G w) * (B^T d)],
// six products instead of twelve. In two dimensions the transforms apply to columns, then to rows: 36 products instead
// of 144. The gradients are its transposes: of w, G^T [(A g) * (B^T d)] for the gradient g of y; and that of d is the
// convolution of g with the taps in reverse.
//
// V: a number, or several side by side (Lanes). Inputs and outputs lie `from` and `to` places apart.

constexpr std::int64_t taps = 3, outputs = 4, points = 6;

/// B^T d.
template <typename V> MLVICX_INLINE void of_input(const V* d, std::int64_t from, V* out, std::int64_t to) {
    const V d0 = d[0], d1 = d[from], d2 = d[2 * from], d3 = d[3 * from], d4 = d[4 * from], d5 = d[5 * from];
    const V even = d4 - 4 * d2, odd = d3 - 4 * d1, even2 = d4 - d2, odd2 = 2 * (d3 - d1);
    out[0] = 4 * d0 - 5 * d2 + d4;
    out[to] = even + odd;
    out[2 * to] = even - odd;
    out[3 * to] = even2 + odd2;
    out[4 * to] = even2 - odd2;
    out[5 * to] = 4 * d1 - 5 * d3 + d5;
}

/// G w.
template <typename V> MLVICX_INLINE void of_weights(const V* w, std::int64_t from, V* out, std::int64_t to) {
    const V w0 = w[0], w1 = w[from], w2 = w[2 * from];
    const V outer = (w0 + w2) * (1.0F / 6), middle = w1 * (1.0F / 6);
    const V outer2 = w0 * (1.0F / 24) + w2 * (1.0F / 6), middle2 = w1 * (1.0F / 12);
    out[0] = w0 * 0.25F;
    out[to] = -outer - middle;
    out[2 * to] = middle - outer;
    out[3 * to] = outer2 + middle2;
    out[4 * to] = outer2 - middle2;
    out[5 * to] = w2;
}

/// A^T m.
template <typename V> MLVICX_INLINE void to_output(const V* m, std::int64_t from, V* out, std::int64_t to) {
    const V m1 = m[from], m2 = m[2 * from], m3 = m[3 * from], m4 = m[4 * from];
    const V sum = m1 + m2, difference = m1 - m2, sum2 = m3 + m4, difference2 = m3 - m4;
    out[0] = m[0] + sum + sum2;
    out[to] = difference + 2 * difference2;
    out[2 * to] = sum + 4 * sum2;
    out[3 * to] = difference + 8 * difference2 + m[5 * from];
}

/// A g.
template <typename V> MLVICX_INLINE void of_output_gradient(const V* g, std::int64_t from, V* out, std::int64_t to) {
    const V g0 = g[0], g1 = g[from], g2 = g[2 * from], g3 = g[3 * from];
    const V even = g0 + g2, odd = g1 + g3, even2 = g0 + 4 * g2, odd2 = 2 * g1 + 8 * g3;
    out[0] = g0;
    out[to] = even + odd;
    out[2 * to] = even - odd;
    out[3 * to] = even2 + odd2;
    out[4 * to] = even2 - odd2;
    out[5 * to] = g3;
}

/// G^T u.
template <typename V> MLVICX_INLINE void to_weight_gradient(const V* u, std::int64_t from, V* out, std::int64_t to) {
    const V u1 = u[from], u2 = u[2 * from], u3 = u[3 * from], u4 = u[4 * from];
    const V sum = (u1 + u2) * (1.0F / 6), sum2 = u3 + u4;
    out[0] = u[0] * 0.25F - sum + sum2 * (1.0F / 24);
    out[to] = (u2 - u1) * (1.0F / 6) + (u3 - u4) * (1.0F / 12);
    out[2 * to] = sum2 * (1.0F / 6) - sum + u[5 * from];
}

} // namespace mlvicx::winograd
