#pragma once

#include "methods/encoder.h"

#include <torch/types.h>

#include <functional>
#include <utility>
#include <vector>

namespace mlvicx {

using Tensors = std::vector<torch::Tensor>;

/// The output of `network` for each view, [N, 3, H, W] in and [N, ...] out. Views with few pixels go
/// through it together, because reading the weights (on a GPU: launching kernels) makes a pass expensive; larger ones
/// go one after the other. The values are the same: for the call the encoder's batch norms are told that a batch has
/// two views (`views` in batch_norm_add_relu.h). `encoder`: the one that `network` runs; if it keeps statistics in any
/// other module, it gets one view at a time.
std::pair<Tensors, Tensors> pass_both(Encoder& encoder, const std::function<Tensors(const torch::Tensor&)>& network,
                                      const torch::Tensor& view1, const torch::Tensor& view2);

/// The features of both views, [N, F].
std::pair<torch::Tensor, torch::Tensor> forward_both(Encoder& encoder, const torch::Tensor& view1,
                                                     const torch::Tensor& view2);

} // namespace mlvicx
