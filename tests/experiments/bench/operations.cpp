#include "experiments/bench/operations.h"
#include "experiments/bench/bench.h"
#include "methods/kernels/winograd_convolution.h"
#include "tests/support/catch.h"

#include <torch/torch.h>

#include <functional>

using namespace mlvicx;

namespace {

Operations counted(const std::function<void()>& work) {
    const OperationCounter counter;
    work();
    return counter.counted();
}

/// 10^9 multiplications of an encoder's convolutions for one image of 224 pixels.
double billions(const std::string& name) {
    const torch::NoGradGuard no_gradient;
    const auto encoder = initial_encoder(name, 0);
    const auto images = torch::zeros({1, 3, 224, 224});
    return counted([&] { encoder->maps(images); }).flops / 2e9;
}

} // namespace

TEST_CASE("operations: a convolution and its gradients are counted as by hand", "[unit]") {
    const auto weight = torch::rand({8, 3, 5, 5}).set_requires_grad(true);
    const auto maps = torch::rand({2, 3, 16, 16});
    const double results = 2 * 8 * 6 * 6, flops = 2 * results * 3 * 5 * 5; // (16 - 5) / 2 + 1 = 6
    torch::Tensor y;
    const auto forward = counted([&] { y = torch::conv2d(maps, weight, {}, 2); });
    CHECK(forward.flops == flops);
    CHECK(forward.map_values == results);
    CHECK(forward.values == 2 * 3 * 16 * 16 + 8 * 3 * 5 * 5 + results);
    // Of the weight only: nothing asks for the maps' gradient.
    CHECK(counted([&] { y.sum().backward(); }).flops == flops);
    const auto both = counted([&] { torch::conv2d(maps.clone().set_requires_grad(true), weight).sum().backward(); });
    CHECK(both.flops == 3 * 2.0 * (2 * 8 * 12 * 12) * 3 * 5 * 5);
}

TEST_CASE("operations: Winograd's convolution counts like the library's, forward and backward", "[unit]") {
    const auto maps = torch::rand({4, 32, 8, 8}), weight = torch::rand({64, 32, 3, 3}).set_requires_grad(true);
    const auto of = [&](bool winograd, bool map_gradient) {
        const auto x = maps.clone().set_requires_grad(map_gradient);
        return counted([&] {
            (winograd ? winograd_convolution(x, weight) : torch::conv2d(x, weight, {}, 1, 1)).sum().backward();
        });
    };
    for (const bool map_gradient : {false, true}) {
        const auto found = of(true, map_gradient), expected = of(false, map_gradient);
        CHECK(found.flops == expected.flops);
        CHECK(found.map_values == expected.map_values);
        CHECK(found.values == expected.values);
    }
}

TEST_CASE("operations: matrix products are counted, with and without what is added", "[unit]") {
    const auto a = torch::rand({4, 5}), b = torch::rand({5, 6}), bias = torch::rand({6});
    const auto product = counted([&] { torch::mm(a, b); });
    CHECK(product.flops == 2 * 4 * 5 * 6);
    CHECK(product.values == 4 * 5 + 5 * 6 + 4 * 6);
    CHECK(product.map_values == 0);
    CHECK(counted([&] { torch::linear(a, b.t(), bias); }).flops == 2 * 4 * 5 * 6);
    CHECK(counted([&] { torch::bmm(torch::rand({7, 4, 5}), torch::rand({7, 5, 6})); }).flops == 7 * 2 * 4 * 5 * 6);
    CHECK(counted([&] { torch::relu(a + 1); }).flops == 0);
}

TEST_CASE("operations: an encoder takes what torchvision publishes for it", "[slow]") {
    // torchvision's `_ops` of its weights: 1.814 and 4.089, which include the last layer's 512 and 2048 x 1000.
    CHECK(billions("resnet18") == Approx(1.814 - 0.000512).margin(0.001));
    CHECK(billions("resnet50") == Approx(4.089 - 0.002048).margin(0.001));
}

TEST_CASE("operations: the least traffic is operands, eight passes for each norm, and the optimiser", "[unit]") {
    Operations step;
    step.values = 100;
    step.map_values = 10;
    CHECK(least_bytes(step, Precision::fp32, 7) == 4 * (100 + 80) + 7);
    CHECK(least_bytes(step, Precision::bf16, 7) == 2 * (100 + 80) + 7);
}
