#pragma once

#include <torch/types.h>

#include <cstdint>

namespace mlvicx {

/// torch::conv2d(x, weight, {}, stride, kernel / 2) as one matrix product (im2col): x [N, C, H, W] and weight [O, C, k,
/// k] of one type, k odd; [N, O, H', W']. Same value and gradients up to rounding; first derivatives only. CPU only.
torch::Tensor im2col_convolution(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride);

/// The same convolution, by the matrix product where that is faster: on the CPU over output maps of a few pixels, in
/// which images of 48 to 128 pixels end (benchmark_convolution). Takes part in autocast as convolutions do.
torch::Tensor convolve(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride);

} // namespace mlvicx
