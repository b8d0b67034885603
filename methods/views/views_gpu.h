#pragma once

#include "methods/views/views_parameters.h"

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace mlvicx {

/// True if `views_on_gpu` makes views of these images, u8 [B, S, S].
bool views_run_on_gpu(const torch::Tensor& images);

/// `apply_views` by kernels of our own: what was drawn is sent in one piece, and six launches make the views.
torch::Tensor views_on_gpu(const torch::Tensor& images, const std::vector<ViewParameters>& views,
                           const ViewRecipe& recipe, std::int64_t size);

} // namespace mlvicx
