#include "methods/device/shared_batch.h"
#include "methods/kernels/batch_norm_add_relu.h"
#include "methods/kernels/head_norm.h"

#include "tests/support/noise.h"
#include "tests/support/rank_children.h"

#include <torch/torch.h>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace {

/// What a batch norm computes: the output, the gradients of input, weight and bias, and the running statistics.
std::vector<torch::Tensor> outcome(torch::nn::NormImplBase<1, HeadNormImpl, torch::nn::BatchNormOptions>& norm,
                                   const torch::Tensor& x,
                                   const std::function<torch::Tensor(const torch::Tensor&)>& f) {
    const auto input = x.clone().requires_grad_(true);
    const auto y = f(input);
    (y * noise(y.sizes().vec(), 91)).sum().backward();
    return {y.detach(), input.grad(), norm.weight.grad(), norm.bias.grad(), norm.running_mean, norm.running_var};
}

HeadNorm head_norm() {
    HeadNorm norm(6);
    norm->to(torch::kFloat64);
    const torch::NoGradGuard no_gradient;
    norm->weight.copy_(1 + 0.3 * noise({6}, 92));
    norm->bias.copy_(noise({6}, 93));
    return norm;
}

} // namespace

TEST_CASE("shared batch: with one rank a batch norm is LibTorch's", "[unit]") {
    const auto x = 3 + noise({9, 6}, 90);
    auto plain = head_norm(), shared = head_norm();
    const auto expected = outcome(*plain, x, [&](const torch::Tensor& input) { return plain->forward(input); });
    AloneWorld world;
    const SharedBatch one(world);
    const auto found = outcome(*shared, x, [&](const torch::Tensor& input) { return shared->forward(input); });
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CAPTURE(i);
        CHECK(largest_gap(found[i], expected[i]) < 1e-12);
    }
}

TEST_CASE("shared batch: equal parts on all ranks have the statistics of one", "[unit]") {
    // Three ranks with the same rows: the same mean and variance, but a running variance of 27 rows, not of 9.
    const auto x = 3 + noise({9, 6}, 90);
    auto norm = head_norm();
    AloneWorld three(3);
    const SharedBatch shared(three);
    norm->forward(x);
    const auto squares = (x - x.mean(0)).square().sum(0);
    CHECK(largest_gap(norm->running_mean, 0.1 * x.mean(0)) < 1e-12);
    CHECK(largest_gap(norm->running_var, 0.9 + 0.1 * 3 * squares / 26) < 1e-12);
    CHECK(whole_batch(x).size(0) == 27);
    CHECK(SharedBatch::ranks_of_norms() == 3);
}

TEST_CASE("shared batch: norms keep their own batch if they are not shared, and nothing is shared afterwards",
          "[unit]") {
    AloneWorld three(3);
    {
        const SharedBatch shared(three, false);
        CHECK(SharedBatch::of_norms() == nullptr);
        CHECK(SharedBatch::of_losses() == &three);
        CHECK_THROWS_AS(SharedBatch(three), InternalError);
    }
    CHECK(SharedBatch::of_losses() == nullptr);
    const auto x = noise({4, 2}, 94);
    CHECK(whole_batch(x).is_same(x));
}

TEST_CASE("shared batch: the CPU's kernels and the tensor form agree on maps", "[unit]") {
    for (const auto type : {torch::kFloat64, torch::kFloat32, torch::kBFloat16}) {
        const auto parameters = type == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
        const double tolerance = type == torch::kFloat64 ? 1e-12 : type == torch::kFloat32 ? 1e-5 : 0.05;
        const auto x = (2 + noise({6, 8, 5, 5}, 95)).to(type).contiguous(torch::MemoryFormat::ChannelsLast);
        AloneWorld world(2);
        const SharedBatch shared(world);
        std::vector<std::vector<torch::Tensor>> results;
        for (const bool by_kernels : {true, false}) {
            BatchNorm norm(8);
            norm->to(parameters);
            const auto input = x.clone(torch::MemoryFormat::Preserve).requires_grad_(true);
            const auto y = by_kernels ? batch_norm_add_relu(norm, input) : norm->forward(input);
            (y.to(torch::kFloat64) * noise(y.sizes().vec(), 96)).sum().backward();
            results.push_back({y.detach(), input.grad(), norm->weight.grad(), norm->bias.grad(), norm->running_mean,
                               norm->running_var});
        }
        for (std::size_t i = 0; i < results[0].size(); ++i) {
            CAPTURE(type, i);
            CHECK(largest_gap(results[0][i], results[1][i]) < tolerance * (i == 2 || i == 3 ? 20 : 1));
        }
    }
}
