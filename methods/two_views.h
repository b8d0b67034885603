#pragma once

#include "methods/encoder.h"

#include <torch/types.h>

#include <functional>
#include <utility>
#include <vector>

namespace mlvicx {

using Tensors = std::vector<torch::Tensor>;

/// What `network` makes of each view, [N, 3, H, W] in and [N, ...] out. On the CPU views of not too many pixels go
/// through it together, because a pass costs much for reading the weights; larger ones one after the other. The values
/// are the same: see `normalise` (batch_norm.h). `encoder`: the one that `network` runs; only one whose norms separate
/// views is given both at once.
std::pair<Tensors, Tensors> pass_both(const Encoder& encoder,
                                      const std::function<Tensors(const torch::Tensor&)>& network,
                                      const torch::Tensor& view1, const torch::Tensor& view2);

/// The features of both views, [N, F].
std::pair<torch::Tensor, torch::Tensor> forward_both(Encoder& encoder, const torch::Tensor& view1,
                                                     const torch::Tensor& view2);

/// A norm on two views that lie one after the other in `both`, [2 N, ...]: on each alone, the first before the second,
/// because the running statistics depend on the order.
torch::Tensor view_by_view(const std::function<torch::Tensor(const torch::Tensor&)>& norm, const torch::Tensor& both);

/// Whether this thread's batches hold two views now, one after the other.
bool two_views_together();

} // namespace mlvicx
