#pragma once

#include "methods/device/device.h"
#include "methods/method.h"
#include "methods/optimizer/optimizer.h"
#include "methods/pretrain/diagnostics.h"
#include "tests/support/catch.h"

#include <torch/torch.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

namespace mlvicx {

using Catch::Matchers::WithinRel; // the same in Catch2 2 and 3

/// Two noisy, shifted views of `count` smooth patterns: what the two views have in common tells the patterns apart.
inline std::pair<torch::Tensor, torch::Tensor> tiny_views(std::int64_t count, std::int64_t pixels) {
    const auto coarse = torch::randn({count, 1, 5, 5});
    const auto size = std::vector<std::int64_t>{pixels + 4, pixels + 4};
    const auto images = torch::upsample_bicubic2d(coarse, size, false);
    auto view = [&](std::int64_t shift) {
        const auto part = images.slice(2, shift, shift + pixels).slice(3, shift, shift + pixels);
        return (part + 0.3 * torch::randn_like(part))
            .expand({-1, 3, -1, -1})
            .contiguous(torch::MemoryFormat::ChannelsLast);
    };
    return {view(1), view(3)};
}

inline std::vector<std::pair<std::string, torch::Tensor>> trained_parameters(const Method& method) {
    std::vector<std::pair<std::string, torch::Tensor>> result;
    for (const auto& item : method.named_parameters())
        if (item.value().requires_grad()) result.emplace_back(item.key(), item.value());
    return result;
}

/// One tiny training: the loss on these images falls to `share` of its start or below, without collapse. Batch norm is
/// in training mode for both losses.
inline void check_learns(Method& method, double learning_rate, int steps, double share) {
    torch::manual_seed(7);
    const auto [a, b] = tiny_views(16, 32);
    OptimizerOptions options;
    options.name = "sgd";
    auto optimizer = make_optimizer(options, trained_parameters(method));
    auto loss_now = [&] {
        torch::NoGradGuard no_grad;
        return method.step(a, b).loss.item<double>();
    };
    const double before = loss_now();
    for (int i = 0; i < steps; ++i) {
        optimizer->zero_grad();
        method.step(a, b).loss.backward();
        optimizer->step(learning_rate);
        method.after_step((i + 1.0) / steps);
    }
    const double after = loss_now();
    torch::NoGradGuard no_grad;
    const auto embedding = method.step(a, b).embedding;
    const double healthy = 1 / std::sqrt(static_cast<double>(embedding.size(1)));
    INFO("loss " << before << " -> " << after << ", standard deviation " << embedding_std(embedding) << " of "
                 << healthy);
    CHECK(after < share * before);
    CHECK(embedding_std(embedding) > 0.4 * healthy);
}

/// One step's gradient reaches every trained parameter and no other.
inline void check_gradient_flow(Method& method, const std::set<std::string>& untrained_prefixes) {
    torch::manual_seed(8);
    const auto [a, b] = tiny_views(8, 32);
    method.step(a, b).loss.backward();
    for (const auto& item : method.named_parameters()) {
        bool trained = true;
        for (const auto& prefix : untrained_prefixes) trained = trained && item.key().rfind(prefix, 0) != 0;
        INFO(item.key());
        CHECK(item.value().requires_grad() == trained);
        CHECK(item.value().grad().defined() == trained);
        if (!trained) continue;
        CHECK(torch::isfinite(item.value().grad()).all().item<bool>());
        // A bias before a batch norm has a gradient that is only rounding, and may be exactly zero.
        if (item.key().back() == 't') CHECK(item.value().grad().abs().max().item<double>() > 0);
    }
}

/// A step under bf16 autocast, loss in float32 and everything finite.
inline void check_bf16(Method& method) {
    torch::manual_seed(9);
    const auto [a, b] = tiny_views(8, 32);
    StepOutput output;
    double full;
    {
        torch::NoGradGuard no_grad;
        full = method.step(a, b).loss.item<double>();
    }
    {
        const Autocast scope(torch::kCPU, Precision::bf16);
        output = method.step(a, b);
    }
    CHECK(output.loss.scalar_type() == torch::kFloat32);
    CHECK_THAT(output.loss.item<double>(), WithinRel(full, 0.1));
    CHECK(torch::isfinite(output.embedding).all().item<bool>());
    output.loss.backward();
    for (const auto& [name, parameter] : trained_parameters(method)) {
        INFO(name);
        CHECK(torch::isfinite(parameter.grad()).all().item<bool>());
    }
}

} // namespace mlvicx
