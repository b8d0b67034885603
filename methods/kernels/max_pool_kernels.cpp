#include "methods/kernels/max_pool_kernels.h"

#include <array>
#include <bit>
#include <limits>
#include <type_traits>

namespace mlvicx::pool {

namespace {

constexpr int size = 3;

/// A pixel of a window, and its index there.
template <typename T> struct Tap {
    const T* x;
    Accumulate<T> number;
};

/// Takes the values of one row's taps that exceed the best so far or are NaN. All three in one loop: GCC would turn a
/// store that depends on a single choice into a branch.
template <typename T>
MLVICX_INLINE void take_larger(std::int64_t channels, std::array<Tap<T>, size> row, Accumulate<T>* __restrict best,
                               Accumulate<T>* __restrict taps) {
    const T* __restrict left = row[0].x, * __restrict centre = row[1].x, * __restrict right = row[2].x;
    for (std::int64_t k = 0; k < channels; ++k) {
        Accumulate<T> largest = best[k], tap = taps[k];
        const auto take = [&](Accumulate<T> value, Accumulate<T> number) {
            const bool takes = (value > largest) | (value != value); // no ||: it would be a branch
            largest = takes ? value : largest;
            tap = takes ? number : tap;
        };
        take(static_cast<Accumulate<T>>(left[k]), row[0].number);
        take(static_cast<Accumulate<T>>(centre[k]), row[1].number);
        take(static_cast<Accumulate<T>>(right[k]), row[2].number);
        best[k] = largest;
        taps[k] = tap;
    }
}

/// The taps of window row i around column j. Taps outside the map are replaced by the centre.
template <typename T>
MLVICX_INLINE std::array<Tap<T>, size> taps_of(Map map, const T* x, std::int64_t i, std::int64_t j, int first) {
    std::array<Tap<T>, size> row;
    for (int t = 0; t < size; ++t) {
        const int inside = j + t - 1 < 0 || j + t - 1 >= map.width ? 1 : t;
        row[t] = {x + (i * map.width + j + inside - 1) * map.channels, static_cast<Accumulate<T>>(first + inside)};
    }
    return row;
}

/// The windows that contain a pixel, by row or by column, and its row or column in each.
struct Reach {
    int count;
    std::array<std::int64_t, 2> window;
    std::array<int, 2> tap;
};

/// One window for an even index, its centre; two for an odd one, except one at the end.
Reach reach(std::int64_t index, std::int64_t windows) {
    const auto before = index / 2;
    if (index % 2 == 0) return {1, {before}, {1}};
    return {before + 1 < windows ? 2 : 1, {before, before + 1}, {2, 0}};
}

/// The value or 0, computed on its bits: GCC would turn the plain choice into a branch.
template <typename A> MLVICX_INLINE A kept_if(bool keep, A value) {
    using Bits = std::conditional_t<sizeof(A) == sizeof(std::uint32_t), std::uint32_t, std::uint64_t>;
    return std::bit_cast<A>(std::bit_cast<Bits>(value) & (Bits{0} - Bits{keep}));
}

/// The gradient that `count` windows give to a pixel.
template <int count, typename T>
MLVICX_INLINE void gathered(std::int64_t channels, const T* grad_y, const std::uint8_t* taps,
                            std::array<std::int64_t, 4> windows, std::array<int, 4> own, T* __restrict grad_x) {
    for (std::int64_t k = 0; k < channels; ++k) {
        Accumulate<T> sum = 0;
#pragma GCC unroll 4
        for (int i = 0; i < count; ++i) {
            const auto place = windows[i] * channels + k;
            sum += kept_if(taps[place] == own[i], static_cast<Accumulate<T>>(grad_y[place]));
        }
        narrow(sum, grad_x[k]);
    }
}

} // namespace

template <typename T> MLVICX_WIDEST void largest(Map map, const T* x, T* y, std::uint8_t* taps) {
    using A = Accumulate<T>;
    const auto largest = zeros<A>(map.channels), place = zeros<A>(map.channels);
    A* __restrict best = largest.get(), * __restrict where = place.get();
    for (std::int64_t row = 0; row < map.rows(); ++row)
        for (std::int64_t column = 0; column < map.columns(); ++column) {
            const int first = (row == 0 ? size : 0) + (column == 0 ? 1 : 0); // the map's first pixel in this window
            for (std::int64_t k = 0; k < map.channels; ++k) {
                best[k] = -std::numeric_limits<A>::infinity();
                where[k] = static_cast<A>(first);
            }
            for (int r = 0; r < size; ++r) {
                const auto i = 2 * row + r - 1;
                if (i >= 0 && i < map.height)
                    take_larger(map.channels, taps_of(map, x, i, 2 * column, r * size), best, where);
            }
            for (std::int64_t k = 0; k < map.channels; ++k) narrow(best[k], y[k]);
            for (std::int64_t k = 0; k < map.channels; ++k) taps[k] = static_cast<std::uint8_t>(where[k]);
            y += map.channels;
            taps += map.channels;
        }
}

template <typename T>
MLVICX_WIDEST void largest_backward(Map map, const T* grad_y, const std::uint8_t* taps, T* grad_x) {
    for (std::int64_t i = 0; i < map.height; ++i) {
        const auto rows = reach(i, map.rows());
        for (std::int64_t j = 0; j < map.width; ++j) {
            const auto columns = reach(j, map.columns());
            std::array<std::int64_t, 4> windows{};
            std::array<int, 4> own{};
            int count = 0;
            for (int a = 0; a < rows.count; ++a)
                for (int b = 0; b < columns.count; ++b, ++count) {
                    windows[count] = rows.window[a] * map.columns() + columns.window[b];
                    own[count] = rows.tap[a] * size + columns.tap[b];
                }
            if (count == 1) gathered<1>(map.channels, grad_y, taps, windows, own, grad_x);
            if (count == 2) gathered<2>(map.channels, grad_y, taps, windows, own, grad_x);
            if (count == 4) gathered<4>(map.channels, grad_y, taps, windows, own, grad_x);
            grad_x += map.channels;
        }
    }
}

#define INSTANTIATE(T)                                                                                                 \
    template void largest<T>(Map, const T*, T*, std::uint8_t*);                                                        \
    template void largest_backward<T>(Map, const T*, const std::uint8_t*, T*);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(c10::BFloat16)

} // namespace mlvicx::pool
