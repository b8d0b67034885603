#pragma once

#include <torch/types.h>

#include <cstddef>

namespace mlvicx {

/// True if `winograd_convolution` takes them: float32 on the CPU, 3 x 3 taps, channels in multiples of 32.
bool winograd_takes(const torch::Tensor& x, const torch::Tensor& weight);

/// torch::conv2d(x, weight, {}, 1, 1) by Winograd's F(4 x 4, 3 x 3), with a quarter of the products: x [N, C, H, W] and
/// weight [O, C, 3, 3] -> [N, O, H, W]. Same value and gradients up to rounding, whose error is about ten times that of
/// a direct sum: 2 to 5 10^-6 of the values' root mean square. An image's output does not depend on the others in the
/// batch. First derivatives only. `kernels`: which of winograd::kernels().
torch::Tensor winograd_convolution(const torch::Tensor& x, const torch::Tensor& weight, std::size_t kernels = 0);

} // namespace mlvicx
