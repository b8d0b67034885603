#pragma once

#include <torch/types.h>

namespace mlvicx {

/// The convolution of the spatial gate, x [N, C, H, W] with weight [1, C, k, k], k odd, stride 1, zero padding -> [N,
/// 1, H, W] of x's type. On the CPU by our own loops (float32, float64 or bf16 with float32 weights, or float64 with
/// x), on GPUs by our kernels for 7x7 weights of two channels (float32 or bf16): libraries tile for many channels, and
/// with one channel they mostly compute padding. Elsewhere conv2d.
torch::Tensor gate_convolution(const torch::Tensor& x, const torch::Tensor& weight);

} // namespace mlvicx
