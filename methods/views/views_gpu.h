#pragma once

#include "methods/views/views_parameters.h"

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace mlvicx {

/// True if `views_on_gpu` makes views of these images, u8 [B, S, S].
bool views_run_on_gpu(const torch::Tensor& images);

/// What was drawn for views of `size` pixels, sent to a device in one piece: u8 [views, bytes].
torch::Tensor sent_views(const std::vector<ViewParameters>& views, std::int64_t size, const torch::Device& device);

/// `apply_views` by kernels of our own, from what `sent_views` sent: five launches, or six if some may have a blur, and
/// the same ones whatever was drawn.
torch::Tensor views_on_gpu(const torch::Tensor& images, const torch::Tensor& sent, bool blurs, const ViewRecipe& recipe,
                           std::int64_t size);

} // namespace mlvicx
