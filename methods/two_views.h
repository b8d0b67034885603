#pragma once

#include "methods/encoder.h"

#include <torch/types.h>

#include <functional>
#include <utility>
#include <vector>

namespace mlvicx {

using Tensors = std::vector<torch::Tensor>;

/// What `network` makes of each view, [N, 3, H, W] in and [N, ...] out. On the CPU small views go through it together,
/// because a pass then costs as much for reading the weights as for the films; larger ones one after the other. The
/// values are the same: see `normalise`. `encoder`: the one that `network` runs; only one whose norms separate views
/// is given both at once.
std::pair<Tensors, Tensors> pass_both(const Encoder& encoder,
                                      const std::function<Tensors(const torch::Tensor&)>& network,
                                      const torch::Tensor& view1, const torch::Tensor& view2);

/// The features of both views, [N, F].
std::pair<torch::Tensor, torch::Tensor> forward_both(Encoder& encoder, const torch::Tensor& view1,
                                                     const torch::Tensor& view2);

/// A norm on two views that lie one after the other in `both`, [2 N, ...]: on each alone, the first before the second,
/// because the running statistics depend on the order.
torch::Tensor view_by_view(const std::function<torch::Tensor(const torch::Tensor&)>& norm, const torch::Tensor& both);

/// Batch norm of [N, C, H, W]. Of two views that pass together, each is normalised by itself in training, and the
/// running statistics take the first before the second, as in two passes.
torch::Tensor normalise(torch::nn::BatchNorm2d& norm, const torch::Tensor& x);

} // namespace mlvicx
