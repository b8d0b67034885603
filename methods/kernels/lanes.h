#pragma once

#include "methods/kernels/vectors.h"

namespace mlvicx {

/// So many floats side by side, with arithmetic on all of them at once: a compiler's vector, in as many registers as it
/// needs.
template <std::int64_t lanes> struct LanesOf {
    typedef float type __attribute__((vector_size(lanes * sizeof(float)))); // NOLINT: an attribute of a typedef
};
template <std::int64_t lanes> using Lanes = typename LanesOf<lanes>::type;

// Any address will do: nothing is said of alignment.
template <std::int64_t lanes> MLVICX_INLINE Lanes<lanes> load(const float* from) {
    Lanes<lanes> values;
    std::memcpy(&values, from, sizeof values);
    return values;
}
template <std::int64_t lanes> MLVICX_INLINE void store(const Lanes<lanes>& values, float* to) {
    std::memcpy(to, &values, sizeof values);
}

} // namespace mlvicx
