#include "tests/support/emulated_kernels.h"

#include "methods/kernels/grey_stem.h"

#include "methods/device/device.h"
#include "methods/views/views.h"
#include "tests/support/bf16.h"
#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include <torch/torch.h>

using namespace mlvicx;
using torch::Tensor;

namespace {

struct Convolved {
    Tensor y, grad_weight;
};

/// The stem's convolution of three normalised channels, or of the grey image, with a gradient that weights every output
/// differently.
Convolved convolved(const Tensor& grey, bool three, torch::ScalarType type = torch::kFloat32) {
    const auto weight = noise({6, 3, 7, 7}, 2).to(type).requires_grad_();
    const auto y =
        three ? torch::conv2d(encoder_input(grey).to(type), weight, {}, 2, 3) : grey_stem_convolution(grey, weight);
    const auto grad_y = noise(y.sizes().vec(), 3).to(y.scalar_type()).to(y.device());
    return {y.detach(), torch::autograd::grad({(y * grad_y).sum()}, {weight})[0]};
}

Tensor grey_images(std::int64_t height, std::int64_t width) {
    return (noise({3, 1, height, width}, 1).clamp(-1, 1) + 1).div(2).to(torch::kFloat32);
}

} // namespace

TEST_CASE("grey stem: the convolution of the grey image is that of its three channels, to the image's edge", "[unit]") {
    const auto [height, width] = GENERATE(std::pair{32, 32}, std::pair{33, 20}, std::pair{8, 9}, std::pair{1, 7});
    CAPTURE(height, width);
    const auto grey = grey_images(height, width);
    REQUIRE_FALSE(stem_takes_grey(torch::kCPU));
    const auto expected = convolved(grey, true, torch::kFloat64);
    const EmulatedGpu gpu;
    REQUIRE(stem_takes_grey(torch::kCPU));
    CHECK(encoder_input(grey).equal(grey));
    const auto found = convolved(grey, false);
    REQUIRE(found.y.sizes() == expected.y.sizes());
    CHECK(largest_gap(found.y, expected.y) < 1e-5 * expected.y.abs().max().item<double>());
    CHECK(largest_gap(found.grad_weight, expected.grad_weight) <
          1e-5 * expected.grad_weight.abs().max().item<double>());
}

TEST_CASE("grey stem: in bf16 it loses no more than the convolution of three channels", "[unit]") {
    NEEDS_BF16();
    const auto grey = grey_images(40, 40);
    const auto exact = convolved(grey, true, torch::kFloat64);
    const auto error = [&](bool three) {
        const Autocast scope(torch::kCPU, Precision::bf16);
        const auto found = convolved(grey, three);
        CHECK(found.y.scalar_type() == torch::kBFloat16);
        CHECK(found.grad_weight.scalar_type() == torch::kFloat32);
        return (found.y.to(torch::kFloat64) - exact.y).square().mean().sqrt().item<double>();
    };
    const double of_three = error(true);
    const EmulatedGpu gpu;
    CHECK(error(false) < 1.2 * of_three);
}
