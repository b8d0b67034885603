// The last 3x3 convolutions of a ResNet-18 on small images, forward and backward with a batch of 128: the library's
// direct kernels against one matrix product. The results decide which convolutions convolve() takes. Arguments:
// channels, side of the map in pixels. Also the stem's weight gradient in bf16, computed over blocks of pixels against
// the library's (arguments: images, their side in pixels), and the max pool after the stem, forward and backward in
// bf16, against the library's (arguments: images, side of the map in pixels).
#include "experiments/performance/arguments.h"
#include "methods/kernels/im2col_convolution.h"
#include "methods/kernels/max_pool.h"
#include "methods/kernels/stem_convolution.h"

#include <torch/torch.h>

using namespace mlvicx;

namespace {

/// A convolution and its input, float32.
struct Problem {
    torch::nn::Conv2d conv;
    torch::Tensor x;

    explicit Problem(std::int64_t channels, std::int64_t side)
        : conv(torch::nn::Conv2dOptions(channels, channels, 3).padding(1).bias(false)) {
        conv->weight.set_data(conv->weight.detach().contiguous(torch::MemoryFormat::ChannelsLast));
        x = torch::randn({128, channels, side, side}).contiguous(torch::MemoryFormat::ChannelsLast).requires_grad_();
    }
    torch::Tensor forward(bool product, Precision precision) {
        const auto type = precision == Precision::bf16 ? torch::kBFloat16 : torch::kFloat32;
        const Autocast autocast(torch::kCPU, precision);
        return product ? im2col_convolution(x.to(type), conv->weight.to(type), 1) : conv->forward(x);
    }
};

/// The output and the gradients of x and the weight, for a loss that weights every entry differently.
Values outcome(bool product, Precision precision, const Sizes& sizes) {
    torch::manual_seed(1);
    Problem problem(sizes[0], sizes[1]);
    const auto y = problem.forward(product, precision);
    const auto gradients =
        torch::autograd::grad({y}, {problem.x, problem.conv->weight}, {torch::randn(y.sizes()).to(y.scalar_type())});
    return values_of({y, gradients[0], gradients[1]});
}

void forward_backward(benchmark::State& state, bool product, Precision precision) {
    Problem problem(state.range(0), state.range(1));
    for (auto _ : state) {
        problem.forward(product, precision).sum().backward();
        auto gradient = problem.conv->weight.grad();
        benchmark::DoNotOptimize(gradient);
    }
}

/// The convolution of a stem in bf16.
struct Stem {
    torch::Tensor x, weight, y, grad_y;

    Stem(std::int64_t images, std::int64_t side) {
        torch::manual_seed(1);
        const auto layout = torch::MemoryFormat::ChannelsLast;
        x = torch::randn({images, 3, side, side}).to(torch::kBFloat16).contiguous(layout);
        weight = torch::randn({64, 3, 7, 7}).to(torch::kBFloat16).contiguous(layout).requires_grad_();
        y = torch::conv2d(x, weight, {}, 2, 3);
        grad_y = torch::randn_like(y);
    }
    torch::Tensor gradient(bool blocks) const {
        return blocks ? stem_weight_gradient(x, grad_y) : torch::autograd::grad({y}, {weight}, {grad_y}, true)[0];
    }
};

Values stem_in_float32(const Sizes& sizes) {
    const Stem stem(sizes[0], sizes[1]);
    const auto weight = stem.weight.detach().to(torch::kFloat32).requires_grad_();
    const auto y = torch::conv2d(stem.x.to(torch::kFloat32), weight, {}, 2, 3);
    return values_of({torch::autograd::grad({y}, {weight}, {stem.grad_y.to(torch::kFloat32)})[0]});
}

void stem_gradient(benchmark::State& state, bool blocks) {
    const Stem stem(state.range(0), state.range(1));
    for (auto _ : state) {
        auto gradient = stem.gradient(blocks);
        benchmark::DoNotOptimize(gradient);
    }
}

torch::Tensor map_of(std::int64_t images, std::int64_t side) {
    torch::manual_seed(1);
    return torch::randn({images, 64, side, side})
        .to(torch::kBFloat16)
        .contiguous(torch::MemoryFormat::ChannelsLast)
        .requires_grad_();
}

/// The output and the gradient of x.
std::pair<torch::Tensor, torch::Tensor> pooled(const torch::Tensor& x, bool own) {
    const auto y = own ? max_pool(x) : torch::max_pool2d(x, 3, 2, 1);
    return {y, torch::autograd::grad({y}, {x}, {y.detach()})[0]};
}

Values pool_outcome(const torch::Tensor& x, bool own) {
    const auto [y, gradient] = pooled(x, own);
    return values_of({y, gradient});
}

void stem_pool(benchmark::State& state, bool own) {
    const auto x = map_of(state.range(0), state.range(1));
    for (auto _ : state) {
        auto gradient = pooled(x, own).second;
        benchmark::DoNotOptimize(gradient);
    }
}

} // namespace

int main(int argc, char** argv) {
    return run_benchmarks(argc, argv, [](int&, char**) {
        for (const auto precision : {Precision::bf16, Precision::fp32})
            for (const bool product : {true, false})
                verified_benchmark(
                    {.name = std::string(product ? "product/" : "direct/") + name_of(precision),
                     .candidate = [=](const Sizes& sizes) { return outcome(product, precision, sizes); },
                     .reference = [=](const Sizes& sizes) { return outcome(!product, Precision::fp32, sizes); },
                     .tolerance = precision == Precision::bf16 ? 2e-2 : 1e-5,
                     .timed = [=](benchmark::State& state) { forward_backward(state, product, precision); },
                     .sizes = {{512, 2}, {512, 3}, {512, 4}, {256, 3}, {256, 4}}},
                    in_real_milliseconds);
        for (const bool blocks : {true, false})
            verified_benchmark(
                {.name = blocks ? "stem_gradient/blocks" : "stem_gradient/library",
                 .candidate =
                     [=](const Sizes& sizes) { return values_of({Stem(sizes[0], sizes[1]).gradient(blocks)}); },
                 .reference = stem_in_float32,
                 .tolerance = 1e-2,
                 .timed = [=](benchmark::State& state) { stem_gradient(state, blocks); },
                 .sizes = {{128, 32}, {128, 64}, {32, 224}}},
                in_real_milliseconds);
        for (const bool own : {true, false})
            verified_benchmark(
                {.name = own ? "stem_pool/own" : "stem_pool/library",
                 .candidate = [=](const Sizes& sizes) { return pool_outcome(map_of(sizes[0], sizes[1]), own); },
                 .reference =
                     [=](const Sizes& sizes) {
                         const auto x = map_of(sizes[0], sizes[1]).detach().to(torch::kFloat32);
                         return pool_outcome(x.requires_grad_(), !own);
                     },
                 .tolerance = 1e-2,
                 .timed = [=](benchmark::State& state) { stem_pool(state, own); },
                 .sizes = {{128, 32}, {32, 112}}},
                in_real_milliseconds);
    });
}
