// 3x3 convolutions of a ResNet-18, forward and backward: the library's direct kernels against one matrix product on
// small maps, and against Winograd's algorithm in float32. The results decide which convolutions convolve() takes.
// Arguments: channels, side of the map in pixels, images. Also the stem's weight gradient in bf16, computed over blocks
// of pixels against the library's (arguments: images, their side in pixels), and the max pool after the stem, forward
// and backward in bf16, against the library's (arguments: images, side of the map in pixels).
#include "experiments/performance/arguments.h"
#include "methods/kernels/im2col_convolution.h"
#include "methods/kernels/max_pool.h"
#include "methods/kernels/stem_convolution.h"
#include "methods/kernels/winograd_convolution.h"

#include <torch/torch.h>

using namespace mlvicx;

namespace {

enum class Way { direct, product, winograd };

/// A convolution and its input, float32.
struct Problem {
    torch::nn::Conv2d conv;
    torch::Tensor x;

    Problem(std::int64_t channels, std::int64_t side, std::int64_t images)
        : conv(torch::nn::Conv2dOptions(channels, channels, 3).padding(1).bias(false)) {
        conv->weight.set_data(conv->weight.detach().contiguous(torch::MemoryFormat::ChannelsLast));
        x = torch::randn({images, channels, side, side}).contiguous(torch::MemoryFormat::ChannelsLast).requires_grad_();
    }
    torch::Tensor forward(Way way, Precision precision) {
        if (way == Way::winograd) return winograd_convolution(x, conv->weight);
        const auto type = precision == Precision::bf16 ? torch::kBFloat16 : torch::kFloat32;
        const Autocast autocast(torch::kCPU, precision);
        return way == Way::product ? im2col_convolution(x.to(type), conv->weight.to(type), 1) : conv->forward(x);
    }
};

/// The output and the gradients of x and the weight, for a loss that weights every entry differently.
Values outcome(Way way, Precision precision, const Sizes& sizes) {
    torch::manual_seed(1);
    Problem problem(sizes[0], sizes[1], sizes[2]);
    const auto y = problem.forward(way, precision);
    const auto gradients =
        torch::autograd::grad({y}, {problem.x, problem.conv->weight}, {torch::randn(y.sizes()).to(y.scalar_type())});
    return values_of({y, gradients[0], gradients[1]});
}

void forward_backward(benchmark::State& state, Way way, Precision precision) {
    Problem problem(state.range(0), state.range(1), state.range(2));
    for (auto _ : state) {
        problem.forward(way, precision).sum().backward();
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
        const std::vector<Sizes> small = {{512, 2, 128}, {512, 3, 128}, {512, 4, 128}, {256, 3, 128}, {256, 4, 128}};
        const std::vector<Sizes> stages = {{64, 16, 64}, {128, 8, 64}, {256, 4, 64}, {64, 56, 8},
                                           {128, 28, 8}, {256, 14, 8}, {512, 7, 8},  {512, 7, 32},
                                           {64, 8, 64},  {128, 4, 64}, {256, 4, 16}, {512, 4, 64}};
        for (const auto& [name, way, precision, sizes] :
             {std::tuple("product/bf16", Way::product, Precision::bf16, small),
              {"direct/bf16", Way::direct, Precision::bf16, small},
              {"product/fp32", Way::product, Precision::fp32, small},
              {"direct/fp32", Way::direct, Precision::fp32, small},
              {"winograd/stages", Way::winograd, Precision::fp32, stages},
              {"direct/stages", Way::direct, Precision::fp32, stages}})
            verified_benchmark({.name = name,
                                .candidate = [=, way = way, precision = precision](
                                                 const Sizes& of) { return outcome(way, precision, of); },
                                .reference =
                                    [=, way = way](const Sizes& of) {
                                        const auto other = way == Way::direct ? Way::product : Way::direct;
                                        return outcome(other, Precision::fp32, of);
                                    },
                                .tolerance = precision == Precision::bf16 ? 2e-2
                                             : way == Way::winograd       ? 1e-4
                                                                          : 1e-5,
                                .timed = [=, way = way, precision = precision](
                                             benchmark::State& state) { forward_backward(state, way, precision); },
                                .sizes = sizes},
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
