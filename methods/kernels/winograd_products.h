#pragma once

#include "methods/kernels/lanes.h"
#include "methods/kernels/winograd_kernels.h"

#include <cstdint>

namespace mlvicx::winograd {

/// C [rows, 2 lanes] = A [rows, k] B [k, 2 lanes], or added to what C holds. Steps: between the rows of A, its columns,
/// and the rows of B and C.
template <std::int64_t lanes, std::int64_t rows>
MLVICX_INLINE void multiply(const float* a, std::int64_t a_row, std::int64_t a_column, const float* b,
                            std::int64_t b_row, float* c, std::int64_t c_row, std::int64_t k, bool add) {
    Lanes<lanes> sum[rows][2];
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t half = 0; half < 2; ++half)
            sum[r][half] = add ? load<lanes>(c + r * c_row + half * lanes) : Lanes<lanes>{};
    for (std::int64_t i = 0; i < k; ++i, a += a_column, b += b_row) {
        const auto left = load<lanes>(b), right = load<lanes>(b + lanes);
#pragma GCC unroll 8
        for (std::int64_t r = 0; r < rows; ++r) {
            const float value = a[r * a_row];
            sum[r][0] += value * left;
            sum[r][1] += value * right;
        }
    }
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t half = 0; half < 2; ++half) store<lanes>(sum[r][half], c + r * c_row + half * lanes);
}

/// Reads memory into the cache, so many floats at a time.
template <bool to_write> struct Fetch {
    const float* next;
    std::int64_t floats;

    MLVICX_INLINE void operator()() {
        constexpr std::int64_t line = 16;
        for (std::int64_t i = 0; i < floats; i += line) __builtin_prefetch(next + i, to_write ? 1 : 0);
        next += floats;
    }
};

/// The same for `columns`, a multiple of `panel`: B in panels [columns / panel, k, panel]. Before each of
/// columns / (2 lanes) x a_rows / rows parts `fetch` is called.
template <std::int64_t lanes, std::int64_t rows, typename Fetches>
MLVICX_INLINE void multiply_panels(const float* a, std::int64_t a_row, std::int64_t a_column, std::int64_t a_rows,
                                   const float* b, float* c, std::int64_t c_row, std::int64_t columns, std::int64_t k,
                                   bool add, const Fetches& fetch) {
    static_assert(panel % (2 * lanes) == 0 && panel % rows == 0);
    for (std::int64_t first = 0; first < columns; first += 2 * lanes)
        for (std::int64_t r = 0; r < a_rows; r += rows) {
            fetch();
            multiply<lanes, rows>(a + r * a_row, a_row, a_column, b + first / panel * panel * k + first % panel, panel,
                                  c + r * c_row + first, c_row, k, add);
        }
}

} // namespace mlvicx::winograd
