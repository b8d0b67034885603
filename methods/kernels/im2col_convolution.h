#pragma once

#include <torch/types.h>

#include <cstdint>

namespace mlvicx {

/// torch::conv2d(x, weight, {}, stride, kernel / 2) as one matrix product (im2col): x [N, C, H, W] and weight [O, C, k,
/// k] of one type, k odd; [N, O, H', W']. Same value and gradients up to rounding; first derivatives only. CPU only.
torch::Tensor im2col_convolution(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride);

} // namespace mlvicx
