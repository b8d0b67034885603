#include "tests/support/emulated_kernels.h"

#include "methods/kernels/max_pool.h"

#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include <torch/torch.h>

#include <limits>

using namespace mlvicx;
using torch::Tensor;

namespace {

struct Outcome {
    Tensor y, grad_x;
};

/// With the gradient of a loss that weights every output differently.
Outcome outcome(Tensor (*pool)(const Tensor&), const Tensor& values) {
    const auto x = values.detach().requires_grad_();
    const auto y = pool(x);
    const auto weights = noise(y.sizes().vec(), 3).to(y.scalar_type());
    return {y.detach(), torch::autograd::grad({y}, {x}, {weights})[0]};
}

Tensor of_library(const Tensor& x) {
    return torch::max_pool2d(x, 3, 2, 1);
}

Tensor channels_last(const Tensor& x) {
    return x.contiguous(torch::MemoryFormat::ChannelsLast);
}

} // namespace

TEST_CASE("max pool: values and gradients are the library's, among equal values the first counts", "[unit]") {
    const auto type = GENERATE(torch::kFloat64, torch::kFloat32, torch::kBFloat16);
    const auto [height, width, channels] = GENERATE(std::tuple{1, 1, 3}, std::tuple{1, 8, 5}, std::tuple{2, 2, 64},
                                                    std::tuple{7, 6, 70}, std::tuple{8, 13, 1}, std::tuple{16, 16, 33});
    const EmulatedGpu gpu(GENERATE(false, true)); // where its kernels take the map
    CAPTURE(type, height, width, channels);
    const auto x = channels_last((noise({2, channels, height, width}, 1) * 4).round()); // nine values: many are equal
    const auto expected = outcome(of_library, x), found = outcome(max_pool, x.to(type));
    REQUIRE(found.y.scalar_type() == type);
    CHECK(torch::equal(found.y.to(torch::kFloat64), expected.y));
    CHECK(largest_gap(found.grad_x, expected.grad_x) < (type == torch::kBFloat16 ? 2e-2 : 1e-6));
    CHECK(found.grad_x.is_contiguous(torch::MemoryFormat::ChannelsLast));
}

TEST_CASE("max pool: NaN wins its windows, and minus infinity loses all but its own", "[unit]") {
    constexpr double infinite = std::numeric_limits<double>::infinity();
    auto x = channels_last(noise({1, 40, 9, 9}, 1));
    x.select(2, 2).select(2, 3).fill_(std::nan(""));
    x.select(2, 3).select(2, 3).fill_(std::nan(""));
    x.slice(2, 5).slice(3, 5).fill_(-infinite); // whole windows of it
    x.slice(2, 0, 2).slice(3, 0, 2).fill_(-infinite);
    const auto expected = outcome(of_library, x), found = outcome(max_pool, x);
    CHECK(found.y.isnan().sum().item<std::int64_t>() > 0);
    CHECK(torch::equal(found.y.isnan(), expected.y.isnan()));
    CHECK(torch::equal(found.y.nan_to_num(), expected.y.nan_to_num()));
    CHECK(largest_gap(found.grad_x, expected.grad_x) < 1e-12);
}

TEST_CASE("max pool: maps in other layouts are left to the library", "[unit]") {
    const auto x = noise({2, 3, 10, 11}, 1);
    const auto expected = outcome(of_library, x), found = outcome(max_pool, x);
    CHECK(found.y.is_contiguous());
    CHECK(torch::equal(found.y, expected.y));
    CHECK(torch::equal(found.grad_x, expected.grad_x));
}
