#include "tests/support/emulated_kernels.h"

#include "methods/kernels/batch_norm_add_relu.h"

#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include <torch/torch.h>

#include <cmath>

using namespace mlvicx;
using torch::Tensor;

namespace {

BatchNorm norm_of(std::int64_t channels, torch::ScalarType type) {
    BatchNorm norm(channels);
    const torch::NoGradGuard no_grad;
    norm->to(type);
    norm->weight.copy_(noise({channels}, 4) + 1.5);
    norm->bias.copy_(noise({channels}, 5));
    return norm;
}

/// The layer as LibTorch's operations, one after the other.
Tensor directly(BatchNorm& norm, const Tensor& x, Activation activation, const Tensor& added) {
    auto y = norm->forward(x);
    if (added.defined()) y = y + added;
    return activation == Activation::relu ? torch::relu(y) : y;
}

/// Value and gradients of a loss that weights every entry differently, and the running statistics after it.
std::vector<Tensor> outcome(const Tensor& y, std::vector<Tensor> inputs, BatchNorm& norm) {
    inputs.push_back(norm->weight);
    inputs.push_back(norm->bias);
    auto result = torch::autograd::grad({(y * noise(y.sizes().vec(), 6).to(y.scalar_type())).sum()}, inputs);
    result.insert(result.end(), {y.detach(), norm->running_mean, norm->running_var, norm->num_batches_tracked});
    return result;
}

} // namespace

TEST_CASE("batch norm: with what follows it, values, gradients and statistics are LibTorch's", "[unit]") {
    const auto type = GENERATE(torch::kFloat64, torch::kFloat32, torch::kBFloat16);
    const auto activation = GENERATE(Activation::none, Activation::relu);
    const bool adds = GENERATE(true, false);
    const auto [images, channels, height] =
        GENERATE(std::tuple{3, 5, 7}, std::tuple{2, 64, 40}, std::tuple{40, 72, 1}, std::tuple{6, 3, 33});
    const EmulatedGpu gpu(GENERATE(false, true)); // where its kernels take the map
    CAPTURE(type, activation == Activation::relu, adds, images, channels, height);
    const auto parameters = type == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
    // Far from zero, where sums of squares would cancel, but such that rounding moves no entry across ReLU's edge.
    const double offset = activation == Activation::none && type != torch::kBFloat16 ? 100 : 1;
    const auto exact = [&](std::uint64_t stream, double shift) {
        return (noise({images, channels, height, height + 1}, stream) + shift).to(type).to(torch::kFloat64);
    };
    const auto x64 = exact(1, offset).requires_grad_(), added64 = exact(2, 0).requires_grad_();
    const auto laid = [&](const Tensor& tensor) {
        return tensor.detach().to(type).contiguous(torch::MemoryFormat::ChannelsLast).requires_grad_();
    };
    const auto x = laid(x64), added = laid(added64);
    auto norm = norm_of(channels, parameters), exact_norm = norm_of(channels, torch::kFloat64);

    const auto found = outcome(batch_norm_add_relu(norm, x, activation, adds ? added : Tensor()),
                               adds ? std::vector{x, added} : std::vector{x}, norm);
    const auto expected = outcome(directly(exact_norm, x64, activation, adds ? added64 : Tensor()),
                                  adds ? std::vector{x64, added64} : std::vector{x64}, exact_norm);
    REQUIRE(found.size() == expected.size());
    const double tolerance = type == torch::kFloat64 ? 1e-9 : type == torch::kFloat32 ? 2e-4 : 3e-2;
    for (std::size_t i = 0; i < found.size(); ++i) {
        CAPTURE(i);
        REQUIRE(found[i].sizes() == expected[i].sizes());
        const auto largest = expected[i].to(torch::kFloat64).abs().max().item<double>();
        const auto gap = (found[i].to(torch::kFloat64) - expected[i].to(torch::kFloat64)).abs();
        // An entry at ReLU's edge may round to its other side in bf16: a few of the gradients may differ.
        const bool edge = type == torch::kBFloat16 && activation == Activation::relu && i < found.size() - 4;
        if (edge)
            CHECK((gap > tolerance * largest).to(torch::kFloat64).mean().item<double>() < 0.02);
        else
            CHECK(gap.max().item<double>() <= tolerance * largest);
    }
}

TEST_CASE("batch norm: evaluation uses the running statistics without changing them", "[unit]") {
    auto norm = norm_of(4, torch::kFloat32);
    norm->eval();
    const auto x = (noise({2, 4, 3, 3}, 1) + 5).to(torch::kFloat32).contiguous(torch::MemoryFormat::ChannelsLast);
    const auto expected = directly(norm, x, Activation::relu, x);
    CHECK(largest_gap(batch_norm_add_relu(norm, x, Activation::relu, x), expected) < 1e-6);
    CHECK(norm->running_mean.abs().max().item<double>() == 0);
    CHECK(norm->num_batches_tracked.item<std::int64_t>() == 0);
}

TEST_CASE("batch norm: one value per channel is refused in training, as in LibTorch", "[unit]") {
    auto norm = norm_of(4, torch::kFloat32);
    CHECK_THROWS(batch_norm_add_relu(norm, torch::ones({1, 4, 1, 1})));
}

TEST_CASE("batch norm: NaN stays visible", "[unit]") {
    auto norm = norm_of(4, torch::kFloat32);
    const auto x = noise({2, 4, 3, 3}, 1).to(torch::kFloat32).contiguous(torch::MemoryFormat::ChannelsLast);
    x[1][2][0][0] = std::nan("");
    const auto y = batch_norm_add_relu(norm, x, Activation::relu);
    CHECK(y.select(1, 2).isnan().all().item<bool>());
    CHECK_FALSE(y.select(1, 1).isnan().any().item<bool>());
}
