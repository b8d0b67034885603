#pragma once

#include "methods/kernels/vectors.h"

namespace mlvicx::gate {

/// A convolution of planes to one channel with a square kernel, stride 1, zero padding; `size` is odd.
struct Shape {
    std::int64_t channels, size; ///< of the kernel
    std::int64_t height, width;  ///< of a plane
    std::int64_t weights() const { return channels * size * size; }
};

// One image at a time. x and its gradient: [channels, height, width]; y and its gradient: [height, width]; weights:
// [channels, size, size]. T is float, double or c10::BFloat16; sums in float32 or wider. Arguments after the inputs are
// outputs.

template <typename T> void convolve(Shape shape, const T* x, const Accumulate<T>* weights, T* y);
template <typename T>
void convolve_backward(Shape shape, const T* x, const Accumulate<T>* weights, const T* grad_y, T* grad_x,
                       Accumulate<T>* grad_weights);

} // namespace mlvicx::gate
