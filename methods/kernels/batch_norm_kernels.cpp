#include "methods/kernels/batch_norm_kernels.h"

namespace mlvicx::norm {

namespace {

/// A row of gradients, from value `first` on, masked by ReLU. NaN passes its gradient on, as in LibTorch.
template <typename T>
MLVICX_INLINE void passed(std::int64_t channels, const Passed<T>& in, std::int64_t first, Accumulate<T>* __restrict g) {
    using A = Accumulate<T>;
    const T* __restrict grad_y = in.grad_y + first;
    // Reads all: without a branch the loops vectorise.
    if (in.y != nullptr) {
        const T* __restrict y = in.y + first;
        for (std::int64_t k = 0; k < channels; ++k) {
            const A all = static_cast<A>(grad_y[k]), value = static_cast<A>(y[k]);
            g[k] = value <= 0 ? 0 : all;
        }
    } else if (in.by.scale != nullptr) {
        const T* __restrict x = in.x + first;
        const A* __restrict scale = in.by.scale, * __restrict shift = in.by.shift;
        for (std::int64_t k = 0; k < channels; ++k) {
            const A all = static_cast<A>(grad_y[k]), value = static_cast<A>(x[k]) * scale[k] + shift[k];
            g[k] = value <= 0 ? 0 : all;
        }
    } else
        for (std::int64_t k = 0; k < channels; ++k) g[k] = static_cast<A>(grad_y[k]);
}

template <bool adds, bool relu, typename T>
MLVICX_INLINE void transform_rows(Block block, const T* x, Affine<T> by, const T* added, T* y) {
    const Accumulate<T>*scale = by.scale, *shift = by.shift;
    for (std::int64_t r = 0; r < block.rows; ++r) {
        const T* __restrict from = x + r * block.channels, * __restrict more = adds ? added + r * block.channels : from;
        T* __restrict to = y + r * block.channels;
        for (std::int64_t k = 0; k < block.channels; ++k) {
            auto value = static_cast<Accumulate<T>>(from[k]) * scale[k] + shift[k];
            if (adds) value += static_cast<Accumulate<T>>(more[k]);
            if (relu) value = value < 0 ? 0 : value;
            narrow(value, to[k]);
        }
    }
}

} // namespace

template <typename T> MLVICX_WIDEST void moments(Block block, const T* x, Accumulate<T>* mean, Accumulate<T>* squares) {
    using A = Accumulate<T>;
    // Distances from the block's first row: sums of squares of the values themselves would cancel.
    const auto origin = widened(x, block.channels), sum = zeros<A>(block.channels), square = zeros<A>(block.channels);
    A* __restrict sums = sum.get(), * __restrict squared = square.get();
    const A* __restrict from = origin.get();
    for (std::int64_t r = 1; r < block.rows; ++r) {
        const T* __restrict row = x + r * block.channels;
        for (std::int64_t k = 0; k < block.channels; ++k) {
            const A distance = static_cast<A>(row[k]) - from[k];
            sums[k] += distance;
            squared[k] += distance * distance;
        }
    }
    for (std::int64_t k = 0; k < block.channels; ++k) {
        const A shift = sums[k] / static_cast<A>(block.rows), rest = squared[k] - sums[k] * shift;
        mean[k] = from[k] + shift;
        squares[k] = rest < 0 ? 0 : rest;
    }
}

template <typename T>
MLVICX_WIDEST void transform(Block block, const T* x, Affine<T> by, const T* added, bool relu, T* y) {
    if (added != nullptr && relu)
        transform_rows<true, true>(block, x, by, added, y);
    else if (added != nullptr)
        transform_rows<true, false>(block, x, by, added, y);
    else if (relu)
        transform_rows<false, true>(block, x, by, added, y);
    else
        transform_rows<false, false>(block, x, by, added, y);
}

template <typename T>
MLVICX_WIDEST void gradient_sums(Block block, Passed<T> in, Accumulate<T>* sum, Accumulate<T>* product, T* g) {
    using A = Accumulate<T>;
    const auto gradient = zeros<A>(block.channels), total = zeros<A>(block.channels), with_x = zeros<A>(block.channels);
    A* __restrict now = gradient.get(), * __restrict sums = total.get(), * __restrict products = with_x.get();
    const A* mean = in.mean;
    for (std::int64_t r = 0; r < block.rows; ++r) {
        const auto first = r * block.channels;
        const T* __restrict row = in.x + first;
        passed(block.channels, in, first, now);
        for (std::int64_t k = 0; k < block.channels; ++k) {
            sums[k] += now[k];
            products[k] += now[k] * (static_cast<A>(row[k]) - mean[k]);
        }
        if (g == nullptr) continue;
        T* __restrict to = g + first;
        for (std::int64_t k = 0; k < block.channels; ++k) narrow(now[k], to[k]);
    }
    for (std::int64_t k = 0; k < block.channels; ++k) {
        sum[k] = sums[k];
        product[k] = products[k];
    }
}

template <typename T>
MLVICX_WIDEST void transform_backward(Block block, Passed<T> in, const Accumulate<T>* a, const Accumulate<T>* b,
                                      const Accumulate<T>* c, T* grad_x) {
    using A = Accumulate<T>;
    const auto gradient = zeros<A>(block.channels);
    A* __restrict now = gradient.get();
    const A* mean = in.mean;
    for (std::int64_t r = 0; r < block.rows; ++r) {
        const auto first = r * block.channels;
        const T* __restrict row = in.x + first;
        T* __restrict to = grad_x + first;
        passed(block.channels, in, first, now);
        for (std::int64_t k = 0; k < block.channels; ++k)
            narrow(a[k] * now[k] + b[k] * (static_cast<A>(row[k]) - mean[k]) + c[k], to[k]);
    }
}

#define INSTANTIATE(T)                                                                                                 \
    template void moments<T>(Block, const T*, Accumulate<T>*, Accumulate<T>*);                                         \
    template void transform<T>(Block, const T*, Affine<T>, const T*, bool, T*);                                        \
    template void gradient_sums<T>(Block, Passed<T>, Accumulate<T>*, Accumulate<T>*, T*);                              \
    template void transform_backward<T>(Block, Passed<T>, const Accumulate<T>*, const Accumulate<T>*,                  \
                                        const Accumulate<T>*, T*);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(c10::BFloat16)

} // namespace mlvicx::norm
