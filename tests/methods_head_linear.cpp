#include "methods/head_linear.h"

#include "methods/device.h"
#include "tests/catch.h"
#include "tests/noise.h"

#include <torch/torch.h>

using namespace mlvicx;
using torch::Tensor;

namespace {

/// Value and the gradients of rows, weight and (where there is one) bias.
std::vector<Tensor> outcome(const Tensor& y, const Tensor& rows, const torch::nn::LinearImpl& layer) {
    std::vector<Tensor> inputs{rows, layer.weight};
    if (layer.bias.defined()) inputs.push_back(layer.bias);
    auto result = torch::autograd::grad({(y * noise(y.sizes().vec(), 3).to(y.scalar_type())).sum()}, inputs);
    result.push_back(y.detach());
    return result;
}

} // namespace

TEST_CASE("head linear: under bf16 autocast it is the linear layer, with weight gradients that bf16 has not rounded",
          "[unit]") {
    const bool biased = GENERATE(true, false);
    const std::int64_t count = GENERATE(6, 100); // few rows, and many, which are left to autocast
    CAPTURE(biased, count);
    torch::manual_seed(1);
    HeadLinear layer(torch::nn::LinearOptions(48, 40).bias(biased));
    const auto rows = noise({count, 48}, 1).to(torch::kFloat32).requires_grad_();
    const auto exact = outcome(torch::linear(rows, layer->weight, layer->bias), rows, *layer);
    Tensor y;
    {
        const Autocast scope(torch::kCPU, Precision::bf16);
        y = layer->forward(rows);
    }
    CHECK(y.scalar_type() == torch::kBFloat16);
    const auto found = outcome(y, rows, *layer);
    REQUIRE(found.size() == exact.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        CAPTURE(i);
        CHECK(largest_gap(found[i], exact[i]) < 0.02 * exact[i].abs().max().item<double>());
    }
    CHECK(found[1].scalar_type() == torch::kFloat32);
    const auto rounded = found[1].to(torch::kBFloat16).to(torch::kFloat32);
    CHECK(torch::equal(rounded, found[1]) == (count > 64));
}

TEST_CASE("head linear: without autocast it is the linear layer to the bit", "[unit]") {
    HeadLinear layer(8, 5);
    const auto rows = torch::randn({4, 8});
    CHECK(torch::equal(layer->forward(rows), torch::linear(rows, layer->weight, layer->bias)));
}
