// The last 3x3 convolutions of a ResNet-18 on small films, forward and backward with a batch of 128: the library's
// direct kernels against one matrix product. What convolve() takes follows from this. Arguments: channels, pixels of
// the map's side. And the stem's weight gradient in bf16, over blocks of pixels against the library's. Arguments:
// films, pixels of their side. And the max pool behind the stem, forward and backward in bf16, against the library's.
// Arguments: films, pixels of the map's side.
#include "experiments/performance/arguments.h"
#include "methods/max_pool.h"
#include "methods/im2col_convolution.h"
#include "methods/stem_convolution.h"

#include <benchmark/benchmark.h>
#include <torch/torch.h>

using namespace mlvicx;

namespace {

void forward_backward(benchmark::State& state, bool product, Precision precision) {
    const auto channels = state.range(0), side = state.range(1);
    torch::nn::Conv2d conv(torch::nn::Conv2dOptions(channels, channels, 3).padding(1).bias(false));
    conv->weight.set_data(conv->weight.detach().contiguous(torch::MemoryFormat::ChannelsLast));
    const auto x =
        torch::randn({128, channels, side, side}).contiguous(torch::MemoryFormat::ChannelsLast).requires_grad_();
    const auto type = precision == Precision::bf16 ? torch::kBFloat16 : torch::kFloat32;
    for (auto _ : state) {
        torch::Tensor y;
        {
            const Autocast autocast(torch::kCPU, precision);
            y = product ? product_convolution(x.to(type), conv->weight.to(type), 1) : conv->forward(x);
        }
        y.sum().backward();
        auto gradient = conv->weight.grad();
        benchmark::DoNotOptimize(gradient);
    }
}

void stem_gradient(benchmark::State& state, bool blocks) {
    const auto films = state.range(0), side = state.range(1);
    const auto layout = torch::MemoryFormat::ChannelsLast;
    const auto x = torch::randn({films, 3, side, side}).to(torch::kBFloat16).contiguous(layout);
    const auto weight = torch::randn({64, 3, 7, 7}).to(torch::kBFloat16).contiguous(layout).requires_grad_();
    const auto y = torch::conv2d(x, weight, {}, 2, 3);
    const auto of_y = torch::randn_like(y);
    for (auto _ : state) {
        auto gradient = blocks ? stem_weight_gradient(x, of_y) : torch::autograd::grad({y}, {weight}, {of_y}, true)[0];
        benchmark::DoNotOptimize(gradient);
    }
}

void stem_pool(benchmark::State& state, bool own) {
    const auto films = state.range(0), side = state.range(1);
    const auto layout = torch::MemoryFormat::ChannelsLast;
    const auto x = torch::randn({films, 64, side, side}).to(torch::kBFloat16).contiguous(layout).requires_grad_();
    for (auto _ : state) {
        const auto y = own ? max_pool(x) : torch::max_pool2d(x, 3, 2, 1);
        auto gradient = torch::autograd::grad({y}, {x}, {y.detach()})[0];
        benchmark::DoNotOptimize(gradient);
    }
}

} // namespace

int main(int argc, char** argv) {
    return run_benchmarks(argc, argv, [](int&, char**) {
        for (const auto precision : {Precision::bf16, Precision::fp32})
            for (const bool product : {true, false})
                benchmark::RegisterBenchmark(
                    (std::string(product ? "product/" : "direct/") + name_of(precision)).c_str(),
                    [=](benchmark::State& s) { forward_backward(s, product, precision); })
                    ->Args({512, 2})
                    ->Args({512, 3})
                    ->Args({512, 4})
                    ->Args({256, 3})
                    ->Args({256, 4})
                    ->Unit(benchmark::kMillisecond)
                    ->UseRealTime();
        for (const bool blocks : {true, false})
            benchmark::RegisterBenchmark(blocks ? "stem_gradient/blocks" : "stem_gradient/library",
                                         [=](benchmark::State& s) { stem_gradient(s, blocks); })
                ->Args({128, 32})
                ->Args({128, 64})
                ->Args({32, 224})
                ->Unit(benchmark::kMillisecond)
                ->UseRealTime();
        for (const bool own : {true, false})
            benchmark::RegisterBenchmark(own ? "stem_pool/own" : "stem_pool/library",
                                         [=](benchmark::State& s) { stem_pool(s, own); })
                ->Args({128, 32})
                ->Args({32, 112})
                ->Unit(benchmark::kMillisecond)
                ->UseRealTime();
    });
}
