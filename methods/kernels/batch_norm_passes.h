#pragma once

#include <torch/types.h>

namespace mlvicx::norm {

// One call of batch_norm_add_relu (same name without _passes), forward and backward, on maps [N, C, H, W] that are
// channels last. The CPU's form and the GPU's compute the same.

/// What a norm needs besides its weights, and what follows it.
struct Layer {
    torch::Tensor running_mean, running_variance;
    double momentum, epsilon;
    std::int64_t views;
    bool relu;
};

/// Writes y and the statistics, [4, views, C]: mean, inverse standard deviation, and the scale and shift that the norm
/// thus applies.
struct Forward {
    const Layer& layer;
    const torch::Tensor &x, &weight, &bias;
    const torch::Tensor& added; ///< empty if nothing is added
    torch::Tensor statistics, y;
};

/// Writes the gradients of x, weight, bias and the added map.
struct Backward {
    std::int64_t views;
    bool relu;
    const torch::Tensor &x, &weight, &statistics;
    const torch::Tensor& y; ///< undefined without ReLU, and where the form recomputes its sign
    const torch::Tensor& grad_y;
    torch::Tensor grad_x, grad_weight, grad_bias;
    torch::Tensor grad_added; ///< undefined if nothing was added
};

void run_on_cpu(const Forward& pass);
void run_on_cpu(const Backward& pass);

/// True if the GPU's form runs on this device, and there for this map (float32 or bf16).
bool kernels_run_on(const torch::Device& device);
bool runs_on_gpu(const torch::Tensor& x);
void run_on_gpu(const Forward& pass);
/// Needs y only if something was added.
void run_on_gpu(const Backward& pass);

} // namespace mlvicx::norm
