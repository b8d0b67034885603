#include "mlvicx/multi_level_head.h"

#include <torch/torch.h>

namespace mlvicx {
namespace {

constexpr std::int64_t resized = 64, cells = 4;

HeadOptions with_input(HeadOptions head, std::int64_t in) {
    head.in = in;
    return head;
}

/// [N, C, H, W] -> [N, C, 4, 4]. Channels last, so that a map in that layout is read in place.
torch::Tensor pooled(const torch::Tensor& map) {
    const auto n = map.size(0), c = map.size(1), h = map.size(2), w = map.size(3);
    const auto rows = pool_matrix(h, map.options()).expand({n, cells, h});
    const auto columns = pool_matrix(w, map.options()).expand({n * cells, cells, w});
    const auto x = map.permute({0, 2, 3, 1}).reshape({n, h, w * c});
    return columns.bmm(rows.bmm(x).reshape({n * cells, w, c})).reshape({n, cells, cells, c}).permute({0, 3, 1, 2});
}

} // namespace

torch::Tensor pool_matrix(std::int64_t length, const torch::TensorOptions& options) {
    torch::NoGradGuard no_grad;
    const auto type = options.dtype() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
    const auto lines = torch::eye(length, options.dtype(type)).unsqueeze(0);
    const auto matrix = torch::upsample_linear1d(lines, resized, false) // row j: weight of value j in each of the 64
                            .view({length, cells, resized / cells})
                            .mean(2)
                            .t();
    return matrix.to(options.dtype());
}

MultiLevelHead::MultiLevelHead(const std::vector<std::int64_t>& channels, std::int64_t width, HeadOptions head)
    : head_(make_head(with_input(std::move(head), width * cells * cells))) {
    for (const auto c : channels) levels_->push_back(torch::nn::Conv2d(c, width, 1));
    register_module("levels", levels_);
    register_module("head", head_);
}

torch::Tensor MultiLevelHead::levels_of(const std::vector<torch::Tensor>& maps) {
    torch::Tensor sum;
    for (std::size_t k = 0; k < maps.size(); ++k) {
        const auto level = levels_->at<torch::nn::Conv2dImpl>(k).forward(pooled(maps[k]));
        sum = sum.defined() ? sum + level : level;
    }
    return sum.flatten(1);
}

} // namespace mlvicx
