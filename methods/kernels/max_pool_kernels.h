#pragma once

#include "methods/kernels/vectors.h"

namespace mlvicx::pool {

/// An image's map of [height, width, channels], and the rows and columns of its windows: 3x3, stride 2, the first
/// centred on the first pixel. A window's taps are counted row by row, 0 to 8.
struct Map {
    std::int64_t height, width, channels;

    std::int64_t rows() const { return (height + 1) / 2; }
    std::int64_t columns() const { return (width + 1) / 2; }
};

// T is float, double or c10::BFloat16. y, taps and grad_y are [rows, columns, channels].

/// y: each window's largest value (NaN exceeds all); taps: its position, the first among equals.
template <typename T> void largest(Map map, const T* x, T* y, std::uint8_t* taps);

/// grad_x [height, width, channels]: for each pixel the sum of the gradients of the windows whose maximum it is.
template <typename T> void largest_backward(Map map, const T* grad_y, const std::uint8_t* taps, T* grad_x);

} // namespace mlvicx::pool
