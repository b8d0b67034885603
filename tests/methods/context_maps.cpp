#include "tests/support/emulated_kernels.h"

#include "mlvicx/context_maps.h"

#include "tests/support/catch.h"

#include <torch/torch.h>

#include <cmath>

using namespace mlvicx;
using torch::Tensor;

namespace {

/// The definitions, as tensor operations.
Tensor pixels_directly(const Tensor& x) {
    const auto flat = x.flatten(2);
    return torch::cat({flat.mean(2), std::get<0>(flat.max(2))});
}
Tensor channels_directly(const Tensor& x, const Tensor& channels) {
    const auto y = x * channels.unsqueeze(2).unsqueeze(3);
    return torch::stack({y.mean(1), std::get<0>(y.max(1))}, 1);
}
Tensor gated_directly(const Tensor& x, const Tensor& channels, const Tensor& pixels) {
    return x * channels.unsqueeze(2).unsqueeze(3) * pixels;
}

using Tensors = std::vector<Tensor>;

/// The value and the gradients of its sum, weighted so that every entry has a different gradient.
Tensors with_gradients(const Tensor& value, const Tensors& inputs) {
    torch::manual_seed(3);
    const auto weight = torch::randn(value.sizes(), torch::kFloat64).to(value.scalar_type());
    auto result = torch::autograd::grad({(value * weight).sum()}, inputs);
    result.push_back(value.detach());
    return result;
}

void agree(const Tensors& found, const Tensors& expected, double tolerance) {
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        CAPTURE(i);
        REQUIRE(found[i].sizes() == expected[i].sizes());
        const auto scale = expected[i].abs().max().item<double>();
        CHECK((found[i].to(torch::kFloat64) - expected[i]).abs().max().item<double>() <= tolerance * scale);
    }
}

/// All three on one map, each with the gates that depend on the passes before it.
Tensor bottleneck(const Tensor& x, const Tensor& scale) {
    const auto pooled = over_pixels(x);
    const auto channels = torch::sigmoid(pooled.found.chunk(2)[0] + scale * pooled.found.chunk(2)[1]);
    const auto across = over_channels(pooled.map, channels);
    return gated(across.map, channels, across.found.sum(1, true));
}
Tensor bottleneck_directly(const Tensor& x, const Tensor& scale) {
    const auto pooled = pixels_directly(x).chunk(2);
    const auto channels = torch::sigmoid(pooled[0] + scale * pooled[1]);
    return gated_directly(x, channels, channels_directly(x, channels).sum(1, true));
}

} // namespace

TEST_CASE("context maps: values and gradients are those of the definitions", "[unit]") {
    const auto type = GENERATE(torch::kFloat64, torch::kFloat32, torch::kBFloat16);
    const std::int64_t channels = GENERATE(5, 64, 72); // with and without a remainder of the kernels' 16 lanes
    const bool last = GENERATE(true, false);
    const EmulatedGpu gpu(GENERATE(false, true)); // where its kernels take the map
    CAPTURE(type, channels, last);
    torch::manual_seed(1);
    // The same numbers in float64 for the definitions, whatever type they are rounded to.
    const auto leaf = [&](torch::IntArrayRef sizes) {
        return torch::randn(sizes, torch::kFloat64).to(type).to(torch::kFloat64).requires_grad_();
    };
    const auto x = leaf({3, channels, 9, 11}), scale = leaf({3, channels}), gate = leaf({3, 1, 9, 11});
    const auto rounded = [&](const Tensor& tensor) {
        const auto layout =
            last && tensor.dim() == 4 ? torch::MemoryFormat::ChannelsLast : torch::MemoryFormat::Contiguous;
        return tensor.detach().to(type).contiguous(layout).requires_grad_();
    };
    const auto a = rounded(x), b = rounded(scale), c = rounded(gate);
    const double tolerance = type == torch::kFloat64 ? 1e-12 : type == torch::kFloat32 ? 1e-5 : 1e-2;

    agree(with_gradients(over_pixels(a).found, {a}), with_gradients(pixels_directly(x), {x}), tolerance);
    agree(with_gradients(over_channels(a, b).found, {a, b}), with_gradients(channels_directly(x, scale), {x, scale}),
          tolerance);
    agree(with_gradients(bottleneck(a, b), {a, b}), with_gradients(bottleneck_directly(x, scale), {x, scale}),
          2 * tolerance);
    agree(with_gradients(gated(a, b, c), {a, b, c}), with_gradients(gated_directly(x, scale, gate), {x, scale, gate}),
          tolerance);
}

TEST_CASE("context maps: among equal maxima only the first gets the gradient", "[unit]") {
    const auto x = torch::zeros({1, 40, 3, 3}).requires_grad_();
    const auto grad_pixels = torch::autograd::grad({over_pixels(x).found[1].sum()}, {x})[0];
    CHECK(grad_pixels.sum().item<double>() == 40);
    CHECK(grad_pixels.flatten(2).select(2, 0).sum().item<double>() == 40);
    const auto grad_channels =
        torch::autograd::grad({over_channels(x, torch::ones({1, 40})).found.select(1, 1).sum()}, {x})[0];
    CHECK(grad_channels.sum().item<double>() == 9);
    CHECK(grad_channels.select(1, 0).sum().item<double>() == 9);
}

TEST_CASE("context maps: NaN stays visible", "[unit]") {
    const auto x = torch::zeros({1, 20, 3, 3});
    x[0][4][1][1] = std::nan("");
    CHECK(over_pixels(x).found[0][4].isnan().item<bool>());
    CHECK(over_channels(x, torch::ones({1, 20})).found[0][0][1][1].isnan().item<bool>());
    CHECK(gated(x, torch::ones({1, 20}), torch::ones({1, 1, 3, 3}))[0][4][1][1].isnan().item<bool>());
}
