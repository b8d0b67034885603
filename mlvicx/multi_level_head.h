#pragma once

#include "methods/heads.h"

#include <torch/nn.h>

#include <cstdint>
#include <vector>

namespace mlvicx {

/// MLVICX's multi-level head. Definition: every map -> bilinear resize to 64x64 (align_corners = false) -> 1x1
/// convolution to `width` channels; sum; adaptive average pool to 4x4; flatten; projection head.
///
/// Computed in another order with the same value: resize and pool are linear and a 1x1 convolution commutes with
/// spatial averaging, so a level is P_h x P_w^T (4x4, `pool_matrix`) followed by its convolution. That is 256 times
/// fewer multiplications, and the `width` x 64 x 64 maps never exist.
class MultiLevelHead : public torch::nn::Module {
public:
    /// `channels`: those of the maps; sets `head.in`. Submodules: `levels.K` (convolutions), `head`.
    MultiLevelHead(const std::vector<std::int64_t>& channels, std::int64_t width, HeadOptions head);
    /// Maps [N, C_k, H_k, W_k] -> [N, head.out].
    torch::Tensor forward(const std::vector<torch::Tensor>& maps) { return head_->forward(levels_of(maps)); }
    /// Input of `head`: the summed levels, [N, 16 width].
    torch::Tensor levels_of(const std::vector<torch::Tensor>& maps);
    torch::nn::ModuleList levels() { return levels_; }
    torch::nn::Sequential& head() { return head_; }

private:
    torch::nn::ModuleList levels_;
    torch::nn::Sequential head_;
};

/// Resize of a line of `length` values to 64 and means of its quarters, as one matrix [4, length].
torch::Tensor pool_matrix(std::int64_t length, const torch::TensorOptions& options);

} // namespace mlvicx
