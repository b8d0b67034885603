#pragma once

#include <torch/types.h>

namespace mlvicx {

/// torch::conv2d(x, weight, {}, 2, 3) for x [N, C, H, W] and weight [O, C, 7, 7]: [N, O, (H + 1) / 2, (W + 1) / 2].
/// Takes part in autocast as convolutions do. In bf16 on a CPU, if x needs no gradient, the weight's gradient comes
/// from `stem_weight_gradient`: the library's own takes two to four times as long (benchmark_convolution).
torch::Tensor stem_convolution(const torch::Tensor& x, const torch::Tensor& weight);

/// The gradient of that convolution's weight, from x on the CPU and `grad_y` of the same type, computed as that of a
/// 4x4 convolution with stride 1 after space-to-depth in blocks of 2 x 2 pixels: kernels tile for sixteen channels or
/// more, and 4 C fill a tile better than C. [O, C, 7, 7].
torch::Tensor stem_weight_gradient(const torch::Tensor& x, const torch::Tensor& grad_y);

} // namespace mlvicx
