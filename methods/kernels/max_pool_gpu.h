#pragma once

#include <torch/types.h>

namespace mlvicx::pool {

// The passes of max_pool_kernels.h over all images of a channels-last map [N, C, H, W] on a GPU.

/// True if they run for this map (float32 or bf16), or for one of its shape.
bool runs_on_gpu(const torch::Tensor& map);

void largest_on_gpu(const torch::Tensor& x, const torch::Tensor& y, const torch::Tensor& taps);
void largest_backward_on_gpu(const torch::Tensor& grad_y, const torch::Tensor& taps, const torch::Tensor& grad_x);

} // namespace mlvicx::pool
