#include "methods/kernels/linear.h"

#include "methods/device/device.h"
#include "tests/support/bf16.h"
#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include <torch/torch.h>

using namespace mlvicx;
using torch::Tensor;

namespace {

/// Value and the gradients of rows, weight and bias (if there is one), of a loss that weights every output by `grad_y`.
std::vector<Tensor> outcome(const Tensor& y, const Tensor& rows, const torch::nn::LinearImpl& layer,
                            const Tensor& grad_y) {
    std::vector<Tensor> inputs{rows, layer.weight};
    if (layer.bias.defined()) inputs.push_back(layer.bias);
    auto result = torch::autograd::grad({(y * grad_y.to(y.scalar_type())).sum()}, inputs);
    result.push_back(y.detach());
    return result;
}

} // namespace

TEST_CASE("head linear: under bf16 autocast it is the linear layer, with weight gradients not rounded to bf16",
          "[unit]") {
    NEEDS_BF16();
    const bool biased = GENERATE(true, false);
    const std::int64_t count = GENERATE(6, 100); // few rows, and many, which are left to autocast
    CAPTURE(biased, count);
    torch::manual_seed(1);
    Linear layer(torch::nn::LinearOptions(48, 40).bias(biased));
    const auto rows = noise({count, 48}, 1).to(torch::kFloat32).requires_grad_();
    const auto grad_y = noise({count, 40}, 3);
    const auto exact = outcome(torch::linear(rows, layer->weight, layer->bias), rows, *layer, grad_y);
    Linear sized(torch::nn::LinearOptions(48, 40).bias(biased));
    {
        const torch::NoGradGuard no_gradient;
        sized->weight.copy_(layer->weight.abs());
        if (biased) sized->bias.copy_(layer->bias.abs());
    }
    const auto size = rows.detach().abs().requires_grad_();
    const auto sizes = outcome(torch::linear(size, sized->weight, sized->bias), size, *sized, grad_y.abs());
    Tensor y;
    {
        const Autocast scope(torch::kCPU, Precision::bf16);
        y = layer->forward(rows);
    }
    CHECK(y.scalar_type() == torch::kBFloat16);
    const auto found = outcome(y, rows, *layer, grad_y);
    REQUIRE(found.size() == exact.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        CAPTURE(i);
        CHECK(share_of_bf16_bound(found[i], exact[i], sizes[i]) <= 1);
    }
    CHECK(found[1].scalar_type() == torch::kFloat32);
    const auto rounded = found[1].to(torch::kBFloat16).to(torch::kFloat32);
    CHECK(torch::equal(rounded, found[1]) == (count > 64));
}

TEST_CASE("head linear: without autocast it equals the linear layer to the bit", "[unit]") {
    Linear layer(8, 5);
    const auto rows = torch::randn({4, 8});
    CHECK(torch::equal(layer->forward(rows), torch::linear(rows, layer->weight, layer->bias)));
}
