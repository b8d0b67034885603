#pragma once

#include "methods/kernels/vectors.h"

namespace mlvicx::norm {

/// A block of pixels of a channels-last map.
struct Block {
    std::int64_t rows, channels;
};

// x, y, their gradients (`grad_...`) and what is added are [rows, channels]; everything else is [channels]. T is float,
// double or c10::BFloat16. Arguments after the inputs are outputs; a null pointer means absent.

/// Mean of each channel, and sum of squared distances from it.
template <typename T> void moments(Block block, const T* x, Accumulate<T>* mean, Accumulate<T>* squares);

/// scale x + shift, each of [channels].
template <typename T> struct Affine {
    const Accumulate<T>* scale;
    const Accumulate<T>* shift;
};

/// y = scale x + shift + added; clamped to at least 0 if `relu`.
template <typename T> void transform(Block block, const T* x, Affine<T> by, const T* added, bool relu, T* y);

/// Inputs of both backward passes. g is grad_y where y > 0, or without y where scale x + shift > 0; without either it
/// is grad_y everywhere.
template <typename T> struct Passed {
    const T* x;
    const Accumulate<T>* mean;
    const T *grad_y, *y;
    Affine<T> by;
};

/// The sums of g and of g (x - mean), and g itself.
template <typename T> void gradient_sums(Block block, Passed<T> in, Accumulate<T>* sum, Accumulate<T>* product, T* g);

/// grad_x = a g + b (x - mean) + c.
template <typename T>
void transform_backward(Block block, Passed<T> in, const Accumulate<T>* a, const Accumulate<T>* b,
                        const Accumulate<T>* c, T* grad_x);

} // namespace mlvicx::norm
