#pragma once

#include "methods/vectors.h"

namespace mlvicx::gate {

/// The square kernel of a convolution to one channel, stride 1, zeros around: `size` is odd.
struct Kernel {
    std::int64_t channels, size;
    std::int64_t weights() const { return channels * size * size; }
};
struct Plane {
    std::int64_t height, width;
};

// One film each. x and its gradient: [channels, height, width]; y and its: [height, width]; weights: [channels, size,
// size]. T is float, double or c10::BFloat16; sums in float32 or wider. What comes after the inputs is written.

template <typename T> void convolve(Kernel kernel, Plane plane, const T* x, const Wide<T>* weights, T* y);
template <typename T>
void convolve_backward(Kernel kernel, Plane plane, const T* x, const Wide<T>* weights, const T* of_y, T* of_x,
                       Wide<T>* of_weights);

} // namespace mlvicx::gate
