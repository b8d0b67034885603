#include "mlvicx/gate_kernels.h"

#include <algorithm>

namespace mlvicx::gate {

namespace {

/// Zero-padded planes, so that no loop has to check for edges.
template <typename A> struct Padded {
    std::int64_t height, width;
    Row<A> values;

    template <typename T>
    MLVICX_INLINE Padded(std::int64_t planes, Shape shape, const T* from)
        : height(shape.height + shape.size - 1), width(shape.width + shape.size - 1),
          values(zeros<A>(planes * height * width)) {
        const auto border = shape.size / 2;
        for (std::int64_t p = 0; p < planes; ++p)
            for (std::int64_t y = 0; y < shape.height; ++y) {
                A* to = values.get() + (p * height + y + border) * width + border;
                const T* row = from + (p * shape.height + y) * shape.width;
                for (std::int64_t x = 0; x < shape.width; ++x) to[x] = static_cast<A>(row[x]);
            }
    }
    MLVICX_INLINE const A* row(std::int64_t p, std::int64_t y) const { return values.get() + (p * height + y) * width; }
};

template <typename A>
MLVICX_INLINE void add_scaled(std::int64_t count, const A* __restrict x, A factor, A* __restrict sum) {
    for (std::int64_t k = 0; k < count; ++k) sum[k] += factor * x[k];
}
template <typename A>
MLVICX_INLINE void add_product(std::int64_t count, const A* __restrict x, const A* __restrict y, A* __restrict sum) {
    for (std::int64_t k = 0; k < count; ++k) sum[k] += x[k] * y[k];
}

} // namespace

template <typename T> MLVICX_WIDEST void convolve(Shape shape, const T* x, const Accumulate<T>* weights, T* y) {
    using A = Accumulate<T>;
    const Padded<A> padded(shape.channels, shape, x);
    const auto sum = zeros<A>(shape.width);
    for (std::int64_t row = 0; row < shape.height; ++row) {
        std::fill_n(sum.get(), shape.width, static_cast<A>(0));
        for (std::int64_t c = 0, w = 0; c < shape.channels; ++c)
            for (std::int64_t i = 0; i < shape.size; ++i)
                for (std::int64_t j = 0; j < shape.size; ++j, ++w)
                    add_scaled(shape.width, padded.row(c, row + i) + j, weights[w], sum.get());
        for (std::int64_t k = 0; k < shape.width; ++k) narrow(sum[k], y[row * shape.width + k]);
    }
}

template <typename T>
MLVICX_WIDEST void convolve_backward(Shape shape, const T* x, const Accumulate<T>* weights, const T* grad_y, T* grad_x,
                                     Accumulate<T>* grad_weights) {
    using A = Accumulate<T>;
    const auto border = shape.size / 2, last = shape.size - 1;
    const Padded<A> padded(shape.channels, shape, x), gradient(1, shape, grad_y);
    // A weight's products of one column are summed over the rows, and over the columns at the end.
    const auto sum = zeros<A>(shape.width), products = zeros<A>(shape.weights() * shape.width);
    for (std::int64_t row = 0; row < shape.height; ++row)
        for (std::int64_t c = 0; c < shape.channels; ++c) {
            std::fill_n(sum.get(), shape.width, static_cast<A>(0));
            for (std::int64_t i = 0; i < shape.size; ++i)
                for (std::int64_t j = 0; j < shape.size; ++j) {
                    const auto w = (c * shape.size + i) * shape.size + j;
                    add_scaled(shape.width, gradient.row(0, row + last - i) + last - j, weights[w], sum.get());
                    add_product(shape.width, gradient.row(0, row + border) + border, padded.row(c, row + i) + j,
                                products.get() + w * shape.width);
                }
            for (std::int64_t k = 0; k < shape.width; ++k)
                narrow(sum[k], grad_x[(c * shape.height + row) * shape.width + k]);
        }
    for (std::int64_t w = 0; w < shape.weights(); ++w) {
        grad_weights[w] = 0;
        for (std::int64_t k = 0; k < shape.width; ++k) grad_weights[w] += products[w * shape.width + k];
    }
}

#define INSTANTIATE(T)                                                                                                 \
    template void convolve<T>(Shape, const T*, const Accumulate<T>*, T*);                                              \
    template void convolve_backward<T>(Shape, const T*, const Accumulate<T>*, const T*, T*, Accumulate<T>*);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(c10::BFloat16)

} // namespace mlvicx::gate
