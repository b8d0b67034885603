#pragma once

#include <torch/types.h>

#include <cstdint>

namespace mlvicx {

/// torch::conv2d(x, weight, {}, stride, kernel / 2), by what is fastest on the CPU (benchmark_convolution): a matrix
/// product over output maps of a few pixels, in which images of 48 to 128 pixels end (im2col_convolution.h); in float32
/// Winograd's algorithm (winograd_convolution.h). x [N, C, H, W] and weight [O, C, k, k], k odd; [N, O, H', W']. Takes
/// part in autocast as convolutions do.
torch::Tensor convolve(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride);

} // namespace mlvicx
