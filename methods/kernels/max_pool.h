#pragma once

#include <torch/types.h>

namespace mlvicx {

/// The pooling behind the stem of residual networks (He et al., CVPR 2016) of x [N, C, H, W]: the maximum of 3x3
/// windows in steps of 2, the border not counted, [N, C, (H + 1) / 2, (W + 1) / 2]. Of equal values the first of a
/// window takes the gradient. On the CPU and channels last (float32, float64 or bf16) by loops of its own, which
/// remember a byte for each maximum, not eight; everywhere else it is LibTorch's.
torch::Tensor max_pool(const torch::Tensor& x);

} // namespace mlvicx
