#include "mlvicx/gate_kernels.h"

#include <algorithm>

namespace mlvicx::gate {

namespace {

/// Planes with zeros around, so that no loop asks whether it is at an edge.
template <typename A> struct Padded {
    std::int64_t height, width;
    Row<A> values;

    template <typename T>
    MLVICX_INLINE Padded(std::int64_t planes, Plane plane, std::int64_t border, const T* from)
        : height(plane.height + 2 * border), width(plane.width + 2 * border),
          values(zeros<A>(planes * height * width)) {
        for (std::int64_t p = 0; p < planes; ++p)
            for (std::int64_t y = 0; y < plane.height; ++y) {
                A* to = values.get() + (p * height + y + border) * width + border;
                const T* row = from + (p * plane.height + y) * plane.width;
                for (std::int64_t x = 0; x < plane.width; ++x) to[x] = static_cast<A>(row[x]);
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

template <typename T>
MLVICX_WIDEST void convolve(Kernel kernel, Plane plane, const T* x, const Wide<T>* weights, T* y) {
    using A = Wide<T>;
    const Padded<A> padded(kernel.channels, plane, kernel.size / 2, x);
    const auto sum = zeros<A>(plane.width);
    for (std::int64_t row = 0; row < plane.height; ++row) {
        std::fill_n(sum.get(), plane.width, static_cast<A>(0));
        for (std::int64_t c = 0, w = 0; c < kernel.channels; ++c)
            for (std::int64_t i = 0; i < kernel.size; ++i)
                for (std::int64_t j = 0; j < kernel.size; ++j, ++w)
                    add_scaled(plane.width, padded.row(c, row + i) + j, weights[w], sum.get());
        for (std::int64_t k = 0; k < plane.width; ++k) narrow(sum[k], y[row * plane.width + k]);
    }
}

template <typename T>
MLVICX_WIDEST void convolve_backward(Kernel kernel, Plane plane, const T* x, const Wide<T>* weights, const T* of_y,
                                     T* of_x, Wide<T>* of_weights) {
    using A = Wide<T>;
    const auto border = kernel.size / 2, last = kernel.size - 1;
    const Padded<A> padded(kernel.channels, plane, border, x), gradient(1, plane, border, of_y);
    // A weight's products of one column are summed over the rows, and over the columns at the end.
    const auto sum = zeros<A>(plane.width), products = zeros<A>(kernel.weights() * plane.width);
    for (std::int64_t row = 0; row < plane.height; ++row)
        for (std::int64_t c = 0; c < kernel.channels; ++c) {
            std::fill_n(sum.get(), plane.width, static_cast<A>(0));
            for (std::int64_t i = 0; i < kernel.size; ++i)
                for (std::int64_t j = 0; j < kernel.size; ++j) {
                    const auto w = (c * kernel.size + i) * kernel.size + j;
                    add_scaled(plane.width, gradient.row(0, row + last - i) + last - j, weights[w], sum.get());
                    add_product(plane.width, gradient.row(0, row + border) + border, padded.row(c, row + i) + j,
                                products.get() + w * plane.width);
                }
            for (std::int64_t k = 0; k < plane.width; ++k)
                narrow(sum[k], of_x[(c * plane.height + row) * plane.width + k]);
        }
    for (std::int64_t w = 0; w < kernel.weights(); ++w) {
        of_weights[w] = 0;
        for (std::int64_t k = 0; k < plane.width; ++k) of_weights[w] += products[w * plane.width + k];
    }
}

#define INSTANTIATE(T)                                                                                                 \
    template void convolve<T>(Kernel, Plane, const T*, const Wide<T>*, T*);                                            \
    template void convolve_backward<T>(Kernel, Plane, const T*, const Wide<T>*, const T*, T*, Wide<T>*);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(c10::BFloat16)

} // namespace mlvicx::gate
