#include "methods/device/device.h"
#include "methods/unet.h"

#include "tests/support/catch.h"
#include "tests/support/deterministic.h"
#include "tests/support/noise.h"

#include <torch/torch.h>

using namespace mlvicx;
using torch::Tensor;

namespace {

/// Logits of a U-Net on maps of odd sides, and the gradient of the smallest map.
std::pair<Tensor, Tensor> unet_results() {
    std::vector<Tensor> maps;
    std::int64_t side = 17;
    for (const std::int64_t channels : {4, 8, 16}) {
        maps.push_back(noise({2, channels, side, side}, static_cast<std::uint64_t>(300 + side)).to(torch::kFloat32));
        side = (side + 1) / 2;
    }
    maps.back().requires_grad_();
    UnetDecoder decoder({4, 8, 16}, 3, 4, 1);
    const auto logits = decoder.forward(maps, 33);
    (logits * noise({2, 3, 33, 33}, 320).to(torch::kFloat32)).sum().backward();
    return {logits.detach(), maps.back().grad()};
}

double largest(const Tensor& tensor) {
    return tensor.abs().max().item<double>();
}

} // namespace

TEST_CASE("deterministic: an operation that may differ from run to run is named, once", "[unit]") {
    const auto put = [] { // not deterministic where an index comes twice
        torch::zeros({4}).put_(torch::zeros({2}, torch::kInt64), torch::tensor({1.0F, 2.0F}));
    };
    CHECK_FALSE(deterministic_algorithms());
    {
        const Deterministic scope;
        CHECK(deterministic_algorithms());
        CHECK(at::globalContext().deterministicCuDNN());
        CHECK_FALSE(at::globalContext().benchmarkCuDNN());
        CHECK(scope.lines().empty());
        put();
        put();
        REQUIRE(scope.lines().size() == 1);
        CHECK(scope.lines()[0] == "not deterministic: LibTorch has no algorithm for put_ that repeats its bits");
    }
    CHECK_FALSE(deterministic_algorithms());
}

TEST_CASE("deterministic: asked for on a machine without a GPU, nothing changes", "[unit]") {
    if (device_names().size() > 1) SKIP_TEST("has a GPU");
    use_deterministic_gpus([](const std::string&) {});
    CHECK_FALSE(deterministic_algorithms());
}

TEST_CASE("deterministic: masks are resized by products that give the same values and gradients", "[unit]") {
    const auto [expected, gradient] = unet_results();
    const Deterministic scope;
    const auto [logits, found] = unet_results();
    CHECK(largest(logits - expected) < 1e-5 * largest(expected));
    CHECK(largest(found - gradient) < 1e-5 * largest(gradient));
    CHECK(scope.lines().empty());
}
