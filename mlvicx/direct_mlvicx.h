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
    for (std::size_t k = 0; k < maps.size(); ++k) {
        const auto resized = torch::upsample_bilinear2d(maps[k], std::vector<std::int64_t>{64, 64}, false);
        const auto level = head.levels()->at<torch::nn::Conv2dImpl>(k).forward(resized);
        sum = sum.defined() ? sum + level : level;
    }
    return head.head()->forward(torch::adaptive_avg_pool2d(sum, {4, 4}).flatten(1));
}

inline torch::Tensor direct_loss(Method& method, const MlvicxOptions& o, const torch::Tensor& view1,
                                 const torch::Tensor& view2) {
    const auto children = method.named_children();
    auto& global_head = *children["global_head"]->as<torch::nn::Sequential>();
    auto& level_head = *children["multi_level_head"]->as<MultiLevelHead>();
    auto embed = [&](const torch::Tensor& images) {
        const auto maps = method.encoder().maps(images);
        return std::pair(global_head.forward(maps.back().mean({2, 3})), direct_levels(level_head, maps));
    };
    const auto a = embed(view1), b = embed(view2);
    const VicregWeights weights{o.invariance, o.variance, o.covariance};
    return direct_vicreg(a.first, b.first, weights) + o.multi_level_weight * direct_vicreg(a.second, b.second, weights);
}

} // namespace mlvicx
