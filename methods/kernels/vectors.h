#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>

#include <c10/util/BFloat16.h>

// For our own loops over weights and channels-last maps, written so that compilers vectorise them. Files that use it
// are built at -O3 (CMakeLists.txt).

// One build for all processors: the widest variant that the processor supports is chosen when the program is loaded. A
// whole level of x86-64, not only AVX-512's foundation: without its 16-bit instructions some loops over bf16 take twice
// the time. Not with the thread sanitizer, which instruments the choice, and it is made before the sanitizer has
// started.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#if __GNUC__ >= 12
#define MLVICX_WIDEST __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MLVICX_WIDEST __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#else
#define MLVICX_WIDEST
#endif
#define MLVICX_INLINE [[gnu::always_inline]] inline

namespace mlvicx {

/// The type that sums and products of T are computed in.
template <typename T> using Accumulate = std::conditional_t<std::is_same_v<T, double>, double, float>;

/// Rounds to nearest, ties to even; NaN stays NaN.
MLVICX_INLINE void narrow(float value, c10::BFloat16& to) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    const std::uint32_t rounded = (bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U;
    to.x = static_cast<std::uint16_t>((bits & 0x7fffffffU) > 0x7f800000U ? 0x7fc0U : rounded);
}
template <typename T> MLVICX_INLINE void narrow(T value, T& to) {
    to = value;
}

/// A row of sums or factors, initially zeros.
template <typename A> using Row = std::unique_ptr<A[]>;
template <typename A> MLVICX_INLINE Row<A> zeros(std::int64_t count) {
    return std::make_unique<A[]>(static_cast<std::size_t>(count));
}

template <typename T> MLVICX_INLINE Row<Accumulate<T>> widened(const T* row, std::int64_t count) {
    auto wide = zeros<Accumulate<T>>(count);
    for (std::int64_t c = 0; c < count; ++c) wide[c] = static_cast<Accumulate<T>>(row[c]);
    return wide;
}

} // namespace mlvicx
