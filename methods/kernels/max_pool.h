#pragma once

#include <torch/types.h>

namespace mlvicx {

/// The pooling after the stem of residual networks (He et al., CVPR 2016), x [N, C, H, W]: the maximum of 3x3 windows
/// with stride 2, the border excluded, [N, C, (H + 1) / 2, (W + 1) / 2]. Among equal values the first of a window takes
/// the gradient. Channels last, on the CPU (float32, float64 or bf16) and on GPUs that our kernels run on (float32 or
/// bf16, a multiple of 8 channels), it stores one byte per maximum instead of eight; otherwise it is LibTorch's.
torch::Tensor max_pool(const torch::Tensor& x);

} // namespace mlvicx
