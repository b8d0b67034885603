#include "mlvicx/multi_level_head.h"

#include "core/error.h"
#include "methods/resize.h"

#include <torch/torch.h>

#include <utility>

namespace mlvicx {
namespace {

HeadOptions with_input(HeadOptions head, std::int64_t in) {
    head.in = in;
    return head;
}

/// [N, C, H, W] -> [N, C, cells, cells]. Channels last, so that a map in that layout is read in place.
torch::Tensor pooled(const torch::Tensor& map, LevelGrid grid) {
    const auto n = map.size(0), c = map.size(1), h = map.size(2), w = map.size(3), cells = grid.cells;
    const auto rows = pool_matrix(h, map.options(), grid).expand({n, cells, h});
    const auto columns = pool_matrix(w, map.options(), grid).expand({n * cells, cells, w});
    const auto x = map.permute({0, 2, 3, 1}).reshape({n, h, w * c});
    return columns.bmm(rows.bmm(x).reshape({n * cells, w, c})).reshape({n, cells, cells, c}).permute({0, 3, 1, 2});
}

} // namespace

torch::Tensor pool_matrix(std::int64_t length, const torch::TensorOptions& options, LevelGrid grid) {
    const torch::NoGradGuard no_grad;
    return line_weights(length, grid.size, options)
        .view({length, grid.cells, grid.size / grid.cells})
        .mean(2)
        .t()
        .to(options.dtype());
}

MultiLevelHead::MultiLevelHead(const std::vector<std::int64_t>& channels, std::int64_t width, HeadOptions head,
                               LevelGrid grid, std::vector<std::int64_t> taken)
    : grid_(grid), taken_(std::move(taken)),
      head_(make_head(with_input(std::move(head), width * grid.cells * grid.cells))) {
    ensure(grid.cells > 0 && grid.size % grid.cells == 0, "the resized maps' side is no multiple of the cells'");
    if (taken_.empty())
        for (std::size_t k = 0; k < channels.size(); ++k) taken_.push_back(static_cast<std::int64_t>(k) + 1);
    for (const auto level : taken_)
        levels_->push_back(torch::nn::Conv2d(channels.at(static_cast<std::size_t>(level - 1)), width, 1));
    register_module("levels", levels_);
    register_module("head", head_);
}

torch::Tensor MultiLevelHead::levels_of(const std::vector<torch::Tensor>& maps) {
    torch::Tensor sum;
    for (std::size_t k = 0; k < taken_.size(); ++k) {
        const auto& map = maps.at(static_cast<std::size_t>(taken_[k] - 1));
        const auto level = levels_->at<torch::nn::Conv2dImpl>(k).forward(pooled(map, grid_));
        sum = sum.defined() ? sum + level : level;
    }
    return sum.flatten(1);
}

} // namespace mlvicx
