#pragma once

#include <torch/types.h>

#include <vector>

namespace mlvicx {

/// Scales all gradients of these parameters by largest / (norm + 1e-6), where norm is that of all together, if this is
/// less than one, as PyTorch's clip_grad_norm_ does. Parameters without a gradient are left. Nothing waits for a GPU.
void clip_gradients(const std::vector<torch::Tensor>& parameters, double largest);

} // namespace mlvicx
