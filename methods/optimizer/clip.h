#pragma once

#include <torch/types.h>

#include <vector>

namespace mlvicx {

/// Scales all gradients of these parameters by one factor, so that the norm of all together is at most `largest` (up to
/// 1e-6 of it, as PyTorch's clip_grad_norm_ does). Nothing waits for a GPU.
void clip_gradients(const std::vector<torch::Tensor>& parameters, double largest);

} // namespace mlvicx
