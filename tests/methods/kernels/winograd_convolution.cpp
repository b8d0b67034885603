#include "methods/kernels/winograd_convolution.h"

#include "methods/device/device.h"
#include "methods/kernels/convolve.h"
#include "methods/kernels/im2col_convolution.h"
#include "methods/kernels/winograd_kernels.h"
#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include <torch/torch.h>

#include <ATen/Parallel.h>

using namespace mlvicx;
using torch::Tensor;

namespace {

Tensor narrow(const Tensor& values) {
    return values.to(torch::kFloat32);
}

/// Maps, weights and a gradient of the output, float64.
struct Problem {
    Tensor x, weight, grad_y;
    Problem(std::int64_t images, std::int64_t in, std::int64_t out, std::int64_t height, std::int64_t width)
        : x(noise({images, in, height, width}, 21)), weight(noise({out, in, 3, 3}, 22)),
          grad_y(noise({images, out, height, width}, 23)) {}
};

/// Output and both gradients.
template <typename Convolution>
std::vector<Tensor> outcome(const Convolution& convolution, const Tensor& x, const Tensor& weight,
                            const Tensor& grad_y) {
    const auto input = x.detach().requires_grad_(), taps = weight.detach().requires_grad_();
    const auto y = convolution(input, taps);
    const auto gradients = torch::autograd::grad({y}, {input, taps}, {grad_y});
    return {y.detach(), gradients[0], gradients[1]};
}

Tensor direct(const Tensor& x, const Tensor& weight) {
    return torch::conv2d(x, weight, {}, 1, 1);
}

/// The largest difference, of the root mean square of the values that it should have.
double share_off(const Tensor& found, const Tensor& exact) {
    REQUIRE(found.sizes() == exact.sizes());
    return largest_gap(found, exact) / exact.pow(2).mean().sqrt().item<double>();
}

} // namespace

TEST_CASE("Winograd: values and gradients are the convolution's, on every processor's path, whatever the sizes",
          "[unit]") {
    struct Case {
        std::int64_t images, in, out, height, width;
    };
    for (std::size_t kernels = 0; kernels < winograd::kernels().size(); ++kernels)
        for (const auto& c : {Case{2, 64, 64, 16, 16},
                              {3, 32, 96, 5, 9},
                              {1, 96, 32, 1, 1},
                              {70, 32, 32, 4, 3},
                              {1, 160, 64, 7, 30},
                              {2, 64, 128, 13, 8}}) {
            INFO(winograd::kernels()[kernels].processor << ": " << c.images << " maps of " << c.in << " channels, "
                                                        << c.height << " x " << c.width << ", to " << c.out);
            const Problem p(c.images, c.in, c.out, c.height, c.width);
            const auto exact = outcome(direct, p.x, p.weight, p.grad_y);
            const auto by = [&](const Tensor& x, const Tensor& w) { return winograd_convolution(x, w, kernels); };
            for (const auto layout : {torch::MemoryFormat::Contiguous, torch::MemoryFormat::ChannelsLast}) {
                const auto laid = [&](const Tensor& values) { return narrow(values).contiguous(layout); };
                const auto found = outcome(by, laid(p.x), laid(p.weight), laid(p.grad_y));
                for (std::size_t i = 0; i < 3; ++i) CHECK(share_off(found[i], exact[i]) < 4e-5);
            }
        }
}

TEST_CASE("Winograd: a tap of one moves the map, and zeros stay zeros", "[unit]") {
    const auto x = narrow(noise({2, 32, 6, 7}, 24));
    for (const auto& [row, column] : {std::pair(1, 1), std::pair(0, 2)}) {
        auto weight = torch::zeros({32, 32, 3, 3});
        for (std::int64_t c = 0; c < 32; ++c) weight.index_put_({c, c, row, column}, 1);
        CHECK(share_off(winograd_convolution(x, weight), direct(x, weight).to(torch::kFloat64)) < 1e-5);
    }
    const auto weight = narrow(noise({32, 32, 3, 3}, 25));
    CHECK(winograd_convolution(torch::zeros_like(x), weight).eq(0).all().item<bool>());
}

TEST_CASE("Winograd: an image's output is the same bits in any batch and on any number of threads", "[unit]") {
    const Problem p(40, 64, 32, 10, 10);
    const auto x = narrow(p.x), weight = narrow(p.weight);
    const auto all = winograd_convolution(x, weight);
    for (const std::int64_t n : {0, 17, 39})
        CHECK(torch::equal(winograd_convolution(x.slice(0, n, n + 1), weight)[0], all[n]));
    const auto threads = at::get_num_threads();
    at::set_num_threads(threads + 1);
    const auto shared = outcome([](const Tensor& a, const Tensor& b) { return winograd_convolution(a, b); }, x, weight,
                                narrow(p.grad_y));
    at::set_num_threads(threads);
    CHECK(torch::equal(shared[0], all));
    const auto exact = outcome(direct, p.x, p.weight, p.grad_y);
    CHECK(share_off(shared[2], exact[2]) < 4e-5); // summed by parts, whose number is that of the threads
}

TEST_CASE("Winograd: only the gradients that are asked for", "[unit]") {
    const Problem p(3, 32, 64, 8, 8);
    const auto exact = outcome(direct, p.x, p.weight, p.grad_y);
    const auto x = narrow(p.x), weight = narrow(p.weight), grad_y = narrow(p.grad_y);
    const auto input = x.clone().requires_grad_(), taps = weight.clone().requires_grad_();
    winograd_convolution(input, weight).backward(grad_y);
    winograd_convolution(x, taps).backward(grad_y);
    CHECK(share_off(input.grad(), exact[1]) < 4e-5);
    CHECK(share_off(taps.grad(), exact[2]) < 4e-5);
}

TEST_CASE("Winograd: convolve takes it where the batch has tiles enough, in float32 with stride 1", "[unit]") {
    const auto map = [](std::int64_t images, std::int64_t channels, std::int64_t side) {
        return narrow(noise({images, channels, side, side}, 26));
    };
    const auto weight = narrow(noise({32, 32, 3, 3}, 27)), odd = narrow(noise({32, 33, 3, 3}, 28));
    const auto many = map(4, 32, 8), few = map(3, 32, 4), small = map(200, 32, 2), others = map(4, 33, 8);
    CHECK(torch::equal(convolve(many, weight, 1), winograd_convolution(many, weight)));
    CHECK(torch::equal(convolve(few, weight, 1), direct(few, weight)));
    CHECK(torch::equal(convolve(small, weight, 1), im2col_convolution(small, weight, 1)));
    CHECK(torch::equal(convolve(many, weight, 2), torch::conv2d(many, weight, {}, 2, 1)));
    CHECK(torch::equal(convolve(others, odd, 1), direct(others, odd)));
    const auto wide = many.to(torch::kFloat64), taps = weight.to(torch::kFloat64);
    CHECK(torch::equal(convolve(wide, taps, 1), direct(wide, taps)));
    CHECK_THROWS(winograd_convolution(others, odd));
}
