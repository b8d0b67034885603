#pragma once

#include <torch/types.h>

namespace mlvicx::gate {

// The passes of gate_kernels.h over all images on a GPU: x [N, 2, H, W], weight [1, 2, 7, 7] in float32, y [N, 1, H,
// W].

/// True if they run for these (x in float32 or bf16).
bool runs_on_gpu(const torch::Tensor& x, const torch::Tensor& weight);

void convolve_on_gpu(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& y);
/// Writes grad_x; returns the gradient of the weight, in several parts to add: [parts, 98].
torch::Tensor convolve_backward_on_gpu(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& grad_y,
                                       const torch::Tensor& grad_x);

} // namespace mlvicx::gate
