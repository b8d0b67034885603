#include "tests/support/emulated_kernels.h"

#include "mlvicx/gate_convolution.h"

#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include <torch/torch.h>

using namespace mlvicx;
using torch::Tensor;

namespace {

/// Value and both gradients of a loss that weights every pixel differently.
std::vector<Tensor> outcome(const Tensor& y, const Tensor& x, const Tensor& weight) {
    const auto loss = (y * noise(y.sizes().vec(), 3).to(y.scalar_type())).sum();
    const auto gradients = torch::autograd::grad({loss}, {x, weight});
    return {y.detach(), gradients[0], gradients[1]};
}

} // namespace

TEST_CASE("gate convolution: values and gradients are conv2d's", "[unit]") {
    const auto type = GENERATE(torch::kFloat64, torch::kFloat32, torch::kBFloat16);
    const auto [height, width, kernel] = GENERATE(std::tuple{1, 1, 7}, std::tuple{7, 7, 7}, std::tuple{5, 16, 7},
                                                  std::tuple{12, 37, 7}, std::tuple{9, 10, 3});
    const EmulatedGpu gpu(GENERATE(false, true)); // where its kernels take the map
    CAPTURE(type, height, width, kernel);
    const double tolerance = type == torch::kFloat64 ? 1e-12 : type == torch::kFloat32 ? 1e-5 : 1e-2;
    const auto weights_type = type == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
    const auto x = noise({3, 2, height, width}, 1).to(type).requires_grad_();
    const auto weight = noise({1, 2, kernel, kernel}, 2).to(weights_type).requires_grad_();
    const auto exact_x = x.detach().to(torch::kFloat64).requires_grad_();
    const auto exact_weight = weight.detach().to(torch::kFloat64).requires_grad_();
    const auto exact = torch::conv2d(exact_x, exact_weight, {}, 1, kernel / 2);
    const auto expected = outcome(exact, exact_x, exact_weight);
    const auto found = outcome(gate_convolution(x, weight), x, weight);
    CHECK(found[0].scalar_type() == type);
    CHECK(found[2].scalar_type() == weights_type);
    for (std::size_t i = 0; i < 3; ++i) {
        CAPTURE(i);
        REQUIRE(found[i].sizes() == expected[i].sizes());
        const auto largest = expected[i].abs().max().item<double>();
        CHECK(largest_gap(found[i].to(torch::kFloat64), expected[i]) <= tolerance * largest);
    }
}
