// The last 3x3 convolutions of a ResNet-18 on small films, forward and backward with a batch of 128: the library's
// direct kernels against one matrix product. What convolve() takes follows from this. Arguments: channels, pixels of
// the map's side.
#include "experiments/performance/arguments.h"
#include "methods/small_convolution.h"

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
        benchmark::DoNotOptimize(conv->weight.grad());
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
    });
}
