#include "mlvicx/context_kernels.h"

#include "methods/kernels/vectors.h"

#include <cstring>
#include <limits>

namespace mlvicx::context {

namespace {

constexpr std::int64_t lanes = 16;

template <typename T> MLVICX_INLINE void narrow_row(const Row<Accumulate<T>>& row, std::int64_t count, T* to) {
    for (std::int64_t c = 0; c < count; ++c) narrow(row[c], to[c]);
}

/// The first maximum of the values added, each lane separately until the end.
template <typename A> struct Maximum {
    A value[lanes];
    std::int32_t position[lanes];

    MLVICX_INLINE Maximum() {
        for (std::int64_t k = 0; k < lanes; ++k) {
            value[k] = -std::numeric_limits<A>::infinity();
            position[k] = 0;
        }
    }
    MLVICX_INLINE void put(std::int64_t lane, A candidate, std::int32_t at) {
        position[lane] = candidate > value[lane] ? at : position[lane];
        value[lane] = candidate > value[lane] ? candidate : value[lane];
    }
    MLVICX_INLINE std::int64_t best() const {
        std::int64_t best = 0;
        for (std::int64_t k = 1; k < lanes; ++k)
            if (value[k] > value[best] || (value[k] == value[best] && position[k] < position[best])) best = k;
        return best;
    }
};

/// Sum of term(c, lane) over the channels, each lane separately until the end.
template <typename A, typename Term> MLVICX_INLINE A lane_sum(std::int64_t channels, const Term& term) {
    A sums[lanes] = {};
    std::int64_t c = 0;
    for (; c + lanes <= channels; c += lanes)
        for (std::int64_t k = 0; k < lanes; ++k) sums[k] += term(c + k, k);
    for (; c < channels; ++c) sums[0] += term(c, 0);
    A sum = 0;
    for (const auto s : sums) sum += s;
    return sum;
}

} // namespace

template <typename T> MLVICX_WIDEST void over_pixels(Shape shape, const T* x, Found<T> found) {
    using A = Accumulate<T>;
    std::int32_t* position = found.position;
    constexpr std::int64_t piece = 64; // pixels summed separately, so that float32 stays accurate over a large map
    const auto sum = zeros<A>(shape.channels), part = zeros<A>(shape.channels), best = zeros<A>(shape.channels);
    A *parts = part.get(), *bests = best.get();
    for (std::int64_t c = 0; c < shape.channels; ++c) {
        bests[c] = -std::numeric_limits<A>::infinity();
        position[c] = 0;
    }
    for (std::int64_t p = 0; p < shape.pixels; ++p) {
        const T* row = x + p * shape.channels;
        const auto pixel = static_cast<std::int32_t>(p);
        for (std::int64_t c = 0; c < shape.channels; ++c) {
            const auto value = static_cast<A>(row[c]);
            parts[c] += value;
            position[c] = value > bests[c] ? pixel : position[c];
            bests[c] = value > bests[c] ? value : bests[c];
        }
        if (p % piece == piece - 1 || p == shape.pixels - 1)
            for (std::int64_t c = 0; c < shape.channels; ++c) {
                sum[c] += part[c];
                part[c] = 0;
            }
    }
    for (std::int64_t c = 0; c < shape.channels; ++c) sum[c] /= static_cast<A>(shape.pixels);
    narrow_row(sum, shape.channels, found.mean);
    narrow_row(best, shape.channels, found.maximum);
}

template <typename T> MLVICX_WIDEST void over_pixels_backward(Shape shape, FoundGradient<T> of_found, T* grad_x) {
    using A = Accumulate<T>;
    const std::int32_t* position = of_found.position;
    const auto share = widened(of_found.mean, shape.channels);
    A* __restrict each = share.get();
    for (std::int64_t c = 0; c < shape.channels; ++c) each[c] /= static_cast<A>(shape.pixels);
    // A channel's first maximum gets more than the rest, and is rounded once, like the rest.
    const auto before = zeros<A>(shape.channels);
    for (std::int64_t c = 0; c < shape.channels; ++c)
        before[c] = static_cast<A>(grad_x[position[c] * shape.channels + c]);
    for (std::int64_t p = 0; p < shape.pixels; ++p) {
        T* __restrict to = grad_x + p * shape.channels;
        for (std::int64_t c = 0; c < shape.channels; ++c) narrow(static_cast<A>(to[c]) + each[c], to[c]);
    }
    for (std::int64_t c = 0; c < shape.channels; ++c)
        narrow(before[c] + each[c] + static_cast<A>(of_found.maximum[c]), grad_x[position[c] * shape.channels + c]);
}

template <typename T> MLVICX_WIDEST void over_channels(Shape shape, const T* x, const T* channels, Found<T> found) {
    using A = Accumulate<T>;
    const auto scale = widened(channels, shape.channels);
    const A* s = scale.get();
    for (std::int64_t p = 0; p < shape.pixels; ++p) {
        const T* row = x + p * shape.channels;
        Maximum<A> most;
        const A sum = lane_sum<A>(shape.channels, [&](std::int64_t c, std::int64_t lane) {
            const A value = static_cast<A>(row[c]) * s[c];
            most.put(lane, value, static_cast<std::int32_t>(c));
            return value;
        });
        const auto best = most.best();
        narrow(sum / static_cast<A>(shape.channels), found.mean[p]);
        narrow(most.value[best], found.maximum[p]);
        found.position[p] = most.position[best];
    }
}

template <typename T>
MLVICX_WIDEST void over_channels_backward(Shape shape, const T* x, const T* channels, FoundGradient<T> of_found,
                                          T* grad_x, T* grad_channels) {
    using A = Accumulate<T>;
    const auto scale = widened(channels, shape.channels);
    const auto sum = zeros<A>(shape.channels);
    const A* s = scale.get();
    A* sums = sum.get();
    for (std::int64_t p = 0; p < shape.pixels; ++p) {
        const T* row = x + p * shape.channels;
        T* to = grad_x + p * shape.channels;
        const A each = static_cast<A>(of_found.mean[p]) / static_cast<A>(shape.channels);
        const auto largest = of_found.position[p];
        const A before = static_cast<A>(to[largest]), top = static_cast<A>(of_found.maximum[p]);
        for (std::int64_t c = 0; c < shape.channels; ++c) {
            sums[c] += each * static_cast<A>(row[c]);
            narrow(static_cast<A>(to[c]) + each * s[c], to[c]);
        }
        narrow(before + (each + top) * s[largest], to[largest]);
        sums[largest] += top * static_cast<A>(row[largest]);
    }
    narrow_row(sum, shape.channels, grad_channels);
}

template <typename T> MLVICX_WIDEST void gated(Shape shape, Gate<T> in, T* y) {
    using A = Accumulate<T>;
    const auto scale = widened(in.channels, shape.channels);
    const A* s = scale.get();
    for (std::int64_t p = 0; p < shape.pixels; ++p) {
        const T* row = in.x + p * shape.channels;
        T* to = y + p * shape.channels;
        const auto gate = static_cast<A>(in.pixels[p]);
        for (std::int64_t c = 0; c < shape.channels; ++c) narrow(static_cast<A>(row[c]) * s[c] * gate, to[c]);
    }
}

template <typename T> MLVICX_WIDEST void gated_backward(Shape shape, Gate<T> in, const T* grad_y, GateGradient<T> out) {
    using A = Accumulate<T>;
    const auto scale = widened(in.channels, shape.channels);
    const auto sum = zeros<A>(shape.channels);
    const A* s = scale.get();
    A* sums = sum.get();
    for (std::int64_t p = 0; p < shape.pixels; ++p) {
        const T *row = in.x + p * shape.channels, *from = grad_y + p * shape.channels;
        T* to = out.x + p * shape.channels;
        const auto gate = static_cast<A>(in.pixels[p]);
        const A grad_gate = lane_sum<A>(shape.channels, [&](std::int64_t c, std::int64_t) {
            const A gradient = static_cast<A>(from[c]), product = gradient * static_cast<A>(row[c]);
            sums[c] += product * gate;
            narrow(gradient * s[c] * gate, to[c]);
            return product * s[c];
        });
        narrow(grad_gate, out.pixels[p]);
    }
    narrow_row(sum, shape.channels, out.channels);
}

#define INSTANTIATE(T)                                                                                                 \
    template void over_pixels<T>(Shape, const T*, Found<T>);                                                           \
    template void over_pixels_backward<T>(Shape, FoundGradient<T>, T*);                                                \
    template void over_channels<T>(Shape, const T*, const T*, Found<T>);                                               \
    template void over_channels_backward<T>(Shape, const T*, const T*, FoundGradient<T>, T*, T*);                      \
    template void gated<T>(Shape, Gate<T>, T*);                                                                        \
    template void gated_backward<T>(Shape, Gate<T>, const T*, GateGradient<T>);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(c10::BFloat16)

} // namespace mlvicx::context
