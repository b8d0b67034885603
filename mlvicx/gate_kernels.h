#pragma once

#include "methods/kernels/vectors.h"

namespace mlvicx::gate {

/// A convolution of planes to one channel with a square kernel, stride 1, zeros around: `size` is odd.
struct Shape {
    std::int64_t channels, size; ///< of the kernel
    std::int64_t height, width;  ///< of a plane
    std::int64_t weights() const { return channels * size * size; }
};

// One image each. x and its gradient: [channels, height, width]; y and its: [height, width]; weights: [channels, size,
// size]. T is float, double or c10::BFloat16; sums in float32 or wider. What comes after the inputs is written.

template <typename T> void convolve(Shape shape, const T* x, const Accumulate<T>* weights, T* y);
template <typename T>
void convolve_backward(Shape shape, const T* x, const Accumulate<T>* weights, const T* grad_y, T* grad_x,
                       Accumulate<T>* grad_weights);

} // namespace mlvicx::gate
