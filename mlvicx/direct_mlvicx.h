#pragma once

#include "methods/direct_losses.h"
#include "methods/method.h"
#include "mlvicx/mlvicx.h"
#include "mlvicx/multi_level_head.h"

#include <torch/torch.h>

#include <utility>
#include <vector>

namespace mlvicx {

// MLVICX's objective as defined, without the identities that make it cheap: the oracle for tests and benchmarks. It
// runs on the networks of a method from make_mlvicx.

inline torch::Tensor direct_levels(MultiLevelHead& head, const std::vector<torch::Tensor>& maps) {
    torch::Tensor sum;
    const auto [size, cells] = head.grid();
    for (std::size_t k = 0; k < head.taken().size(); ++k) {
        const auto& map = maps[static_cast<std::size_t>(head.taken()[k] - 1)];
        const auto resized = torch::upsample_bilinear2d(map, std::vector<std::int64_t>{size, size}, false);
        const auto level = head.levels()->at<torch::nn::Conv2dImpl>(k).forward(resized);
        sum = sum.defined() ? sum + level : level;
    }
    return head.head()->forward(torch::adaptive_avg_pool2d(sum, {cells, cells}).flatten(1));
}

inline torch::Tensor direct_loss(Method& method, const MlvicxOptions& o, const torch::Tensor& view1,
                                 const torch::Tensor& view2) {
    const auto children = method.named_children();
    const VicregWeights weights{o.invariance, o.variance, o.covariance};
    const auto a = method.encoder().maps(view1), b = method.encoder().maps(view2);
    auto value = torch::zeros({}, view1.options());
    if (!o.multi_level_only) {
        auto& head = *children["global_head"]->as<torch::nn::Sequential>();
        value =
            value + direct_vicreg(head.forward(a.back().mean({2, 3})), head.forward(b.back().mean({2, 3})), weights);
    }
    if (o.multi_level_weight > 0) {
        auto& head = *children["multi_level_head"]->as<MultiLevelHead>();
        const auto first = direct_levels(head, a), second = direct_levels(head, b);
        value = value + o.multi_level_weight * direct_vicreg(first, second, weights);
    }
    return value;
}

} // namespace mlvicx
