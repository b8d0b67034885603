#include "methods/kernels/im2col_convolution.h"

#include "methods/device/device.h"
#include "methods/kernels/convolve.h"
#include "tests/support/bf16.h"
#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include <torch/torch.h>

using namespace mlvicx;
using torch::Tensor;

namespace {

torch::nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
    torch::nn::Conv2d conv(torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
    const torch::NoGradGuard no_gradient;
    conv->to(torch::kFloat64);
    conv->weight.copy_(noise(conv->weight.sizes().vec(), 11));
    return conv;
}

/// Output and both gradients of a loss that weights every output by `grad_y`.
std::vector<Tensor> outcome(const Tensor& y, const Tensor& x, const Tensor& weight, const Tensor& grad_y) {
    const auto gradients = torch::autograd::grad({(y * grad_y).sum()}, {x, weight});
    return {y.detach(), gradients[0], gradients[1]};
}
std::vector<Tensor> outcome(const Tensor& y, const Tensor& x, const Tensor& weight) {
    return outcome(y, x, weight, noise(y.sizes().vec(), 13));
}

} // namespace

TEST_CASE("small convolution: values and gradients are the convolution's", "[unit]") {
    struct Case {
        std::int64_t kernel, stride, height, width;
    };
    for (const auto& c : {Case{3, 1, 2, 2}, {3, 1, 1, 1}, {3, 2, 3, 3}, {3, 2, 8, 7}, {3, 1, 3, 5}, {5, 2, 4, 6}}) {
        INFO(c.kernel << " x " << c.kernel << ", stride " << c.stride << ", map " << c.height << " x " << c.width);
        auto conv = convolution(6, 4, c.kernel, c.stride);
        for (const auto layout : {torch::MemoryFormat::Contiguous, torch::MemoryFormat::ChannelsLast}) {
            const auto x = noise({3, 6, c.height, c.width}, 12).contiguous(layout).requires_grad_();
            const auto expected = outcome(conv->forward(x), x, conv->weight);
            const auto found = outcome(im2col_convolution(x, conv->weight, c.stride), x, conv->weight);
            for (std::size_t i = 0; i < 3; ++i) {
                CHECK(found[i].sizes() == expected[i].sizes());
                CHECK(largest_gap(found[i], expected[i]) < 1e-12);
            }
        }
    }
}

TEST_CASE("small convolution: larger maps and 1x1 kernels use the library's, to the bit, small ones the product",
          "[unit]") {
    auto wide = convolution(6, 4, 3, 1), point = convolution(6, 4, 1, 1);
    const auto x = noise({2, 6, 9, 9}, 14), y = noise({2, 6, 2, 2}, 15);
    CHECK(torch::equal(convolve(x, wide->weight, 1), wide->forward(x)));
    CHECK(torch::equal(convolve(y, point->weight, 1), point->forward(y)));
    CHECK(torch::equal(convolve(y, wide->weight, 1), im2col_convolution(y, wide->weight, 1)));
}

TEST_CASE("small convolution: autocast computes in bf16 and gives the weights float32 gradients", "[unit]") {
    NEEDS_BF16();
    auto conv = convolution(32, 16, 3, 1), sized = convolution(32, 16, 3, 1);
    conv->to(torch::kFloat32);
    const auto x = noise({4, 32, 2, 2}, 16).to(torch::kFloat32).requires_grad_();
    const auto exact = outcome(conv->forward(x), x, conv->weight);
    {
        const torch::NoGradGuard no_gradient;
        sized->weight.abs_();
    }
    const auto size = x.detach().to(torch::kFloat64).abs().requires_grad_();
    const auto sizes = outcome(sized->forward(size), size, sized->weight, noise({4, 16, 2, 2}, 13).abs());
    Tensor y;
    {
        const Autocast autocast(torch::kCPU, Precision::bf16);
        y = convolve(x, conv->weight, 1);
    }
    CHECK(y.scalar_type() == torch::kBFloat16);
    const auto found = outcome(y.to(torch::kFloat32), x, conv->weight);
    CHECK(found[2].scalar_type() == torch::kFloat32);
    for (std::size_t i = 0; i < 3; ++i) CHECK(share_of_bf16_bound(found[i], exact[i], sizes[i]) <= 1);
}
