#pragma once

#include <torch/types.h>

namespace mlvicx {

/// The pooling after the stem of residual networks (He et al., CVPR 2016), x [N, C, H, W]: the maximum of 3x3 windows
/// with stride 2, the border excluded, [N, C, (H + 1) / 2, (W + 1) / 2]. Among equal values the first of a window takes
/// the gradient. On the CPU and channels last (float32, float64 or bf16) it uses its own loops, which store one byte
/// per maximum instead of eight; otherwise LibTorch's.
torch::Tensor max_pool(const torch::Tensor& x);

} // namespace mlvicx
