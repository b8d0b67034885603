#include "methods/kernels/stem_convolution.h"

#include "methods/device/device.h"
#include "tests/support/bf16.h"
#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include <torch/torch.h>

using namespace mlvicx;
using torch::Tensor;

namespace {

struct Outcome {
    Tensor y, grad_weight;
};

/// With the gradient of a loss that weights every output by `grad_y`.
Outcome outcome(const Tensor& y, const Tensor& weight, const Tensor& grad_y) {
    return {y.detach(), torch::autograd::grad({(y * grad_y.to(y.scalar_type())).sum()}, {weight})[0]};
}

} // namespace

TEST_CASE("stem convolution: the weight's gradient over blocks equals the convolution's", "[unit]") {
    const auto [height, width] = GENERATE(std::pair{32, 32}, std::pair{33, 20}, std::pair{8, 9}, std::pair{1, 7});
    const std::int64_t channels = GENERATE(1, 3);
    CAPTURE(height, width, channels);
    const auto x = noise({2, channels, height, width}, 1);
    const auto weight = noise({4, channels, 7, 7}, 2).requires_grad_();
    const auto y = torch::conv2d(x, weight, {}, 2, 3);
    const auto grad_y = noise(y.sizes().vec(), 3);
    const auto expected = torch::autograd::grad({(y * grad_y).sum()}, {weight})[0];
    const auto found = stem_weight_gradient(x, grad_y);
    REQUIRE(found.sizes() == expected.sizes());
    CHECK(largest_gap(found, expected) < 1e-11);
}

TEST_CASE("stem convolution: autocast computes in bf16 and gives the weights float32 gradients", "[unit]") {
    NEEDS_BF16();
    const auto x = noise({2, 3, 30, 30}, 1).to(torch::kFloat32), grad_y = noise({2, 16, 15, 15}, 3);
    const auto weight = noise({16, 3, 7, 7}, 2).to(torch::kFloat32).requires_grad_();
    const auto exact = outcome(torch::conv2d(x, weight, {}, 2, 3), weight, grad_y);
    const auto size = weight.detach().abs().requires_grad_();
    const auto sizes = outcome(torch::conv2d(x.abs(), size, {}, 2, 3), size, grad_y.abs());
    Tensor y;
    {
        const Autocast scope(torch::kCPU, Precision::bf16);
        y = stem_convolution(x, weight);
    }
    CHECK(y.scalar_type() == torch::kBFloat16);
    const auto found = outcome(y, weight, grad_y);
    CHECK(found.grad_weight.scalar_type() == torch::kFloat32);
    CHECK(share_of_bf16_bound(found.y, exact.y, sizes.y) <= 1);
    CHECK(share_of_bf16_bound(found.grad_weight, exact.grad_weight, sizes.grad_weight) <= 1);
}

TEST_CASE("stem convolution: an image that needs a gradient gets it; in float32 all equals the library's, to the bit",
          "[unit]") {
    const auto x = noise({1, 3, 16, 16}, 1).to(torch::kFloat32).requires_grad_();
    const auto weight = noise({4, 3, 7, 7}, 2).to(torch::kFloat32).requires_grad_();
    CHECK(torch::equal(stem_convolution(x, weight), torch::conv2d(x, weight, {}, 2, 3)));
    NEEDS_BF16();
    const Autocast scope(torch::kCPU, Precision::bf16);
    const auto grad_x = torch::autograd::grad({stem_convolution(x, weight).sum()}, {x})[0];
    CHECK(grad_x.abs().max().item<double>() > 0);
}
