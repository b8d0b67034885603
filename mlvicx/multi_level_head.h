#pragma once

#include "methods/heads.h"

#include <torch/nn.h>

#include <cstdint>
#include <vector>

namespace mlvicx {

/// The squares that every map is brought to: first resized to `size` x `size`, then averaged to `cells` x `cells`.
/// `size` is a multiple of `cells`.
struct LevelGrid {
    std::int64_t size = 64, cells = 4;
};

/// MLVICX's multi-level head. Definition: every map -> bilinear resize to 64x64 (align_corners = false) -> 1x1
/// convolution to `width` channels; sum; adaptive average pool to 4x4; flatten; projection head.
///
/// Computed in another order with the same value: resize and pool are linear and a 1x1 convolution commutes with
/// spatial averaging, so a level is P_h x P_w^T (4x4, `pool_matrix`) followed by its convolution. That is 256 times
/// fewer multiplications, and the `width` x 64 x 64 maps never exist. Another LevelGrid replaces 64 and 4.
class MultiLevelHead : public torch::nn::Module {
public:
    /// `channels`: those of the maps; sets `head.in`. `taken`: the levels that count, 1 (the stem's map) to 5, without
    /// repetition; empty: all. Submodules: `levels.K` (convolutions, in the order of `taken`), `head`.
    MultiLevelHead(const std::vector<std::int64_t>& channels, std::int64_t width, HeadOptions head, LevelGrid grid = {},
                   std::vector<std::int64_t> taken = {});
    /// All maps, [N, C_k, H_k, W_k] -> [N, head.out].
    torch::Tensor forward(const std::vector<torch::Tensor>& maps) { return head_->forward(levels_of(maps)); }
    /// Input of `head`: the summed levels, [N, cells^2 width].
    torch::Tensor levels_of(const std::vector<torch::Tensor>& maps);
    torch::nn::ModuleList levels() { return levels_; }
    torch::nn::Sequential& head() { return head_; }
    LevelGrid grid() const { return grid_; }
    const std::vector<std::int64_t>& taken() const { return taken_; }

private:
    LevelGrid grid_;
    std::vector<std::int64_t> taken_;
    torch::nn::ModuleList levels_;
    torch::nn::Sequential head_;
};

/// Resize of a line of `length` values to `grid.size` and means of its `grid.cells` equal parts, as one matrix
/// [cells, length].
torch::Tensor pool_matrix(std::int64_t length, const torch::TensorOptions& options, LevelGrid grid = {});

} // namespace mlvicx
