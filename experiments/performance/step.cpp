// One MLVICX training step (both views, backward, LARS) with the heads' full widths: the form that runs against the
// direct form of its definition (resize to 64x64, 512-channel maps, D x D covariance; fp32, contiguous). Both are
// compared before either is timed. `--batch N` (16), `--pixels N` (224), `--device cuda`; the peak of the process's
// memory (of a GPU: what it holds at the end) is printed as a counter, so run one benchmark alone (--benchmark_filter)
// to measure its own.
#include "experiments/performance/arguments.h"
#include "methods/device.h"
#include "methods/optimizer.h"
#include "mlvicx/context_encoder.h"
#include "mlvicx/mlvicx.h"
#include "tests/direct_mlvicx.h"

#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include <sys/resource.h>

#include <cmath>

using namespace mlvicx;

namespace {

std::int64_t batch = 16, pixels = 224;
torch::Device device = torch::kCPU;
std::int64_t free_at_start = 0;

double peak_gigabytes() {
    if (device.is_cuda()) return static_cast<double>(free_at_start - free_memory(device)) * 1e-9;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / (1024 * 1024);
}

std::shared_ptr<Method> network() {
    torch::manual_seed(1);
    auto method = make_mlvicx(std::make_shared<ContextEncoder>("resnet18"), {});
    method->to(device);
    return method;
}

torch::Tensor view(torch::MemoryFormat layout) {
    return torch::randn({batch, 3, pixels, pixels}).to(device).contiguous(layout);
}

/// Both forms on a small batch: the same loss and the same gradients.
bool forms_agree() {
    at::globalContext().setAllowTF32CuDNN(false); // a GPU's usual convolutions round to ten bits
    const auto method = network();
    const auto a = torch::randn({4, 3, 64, 64}).to(device), b = torch::randn({4, 3, 64, 64}).to(device);
    auto gradient = [&](const torch::Tensor& loss) {
        return torch::autograd::grad({loss}, method->encoder().parameters())[0];
    };
    const auto fast = method->step(a, b).loss, direct = direct_loss(*method, {}, a, b);
    const double relative = std::abs(fast.item<double>() / direct.item<double>() - 1);
    const auto g = gradient(fast), e = gradient(direct);
    at::globalContext().setAllowTF32CuDNN(true);
    return relative < 1e-4 && ((g - e).norm() / e.norm()).item<double>() < 1e-2;
}

void step(benchmark::State& state, bool direct, Precision precision) {
    static const bool agree = forms_agree();
    if (!agree) return state.SkipWithError("fast and direct form differ");
    const auto layout = direct ? torch::MemoryFormat::Contiguous : torch::MemoryFormat::ChannelsLast;
    const auto method = network();
    const auto a = view(layout), b = view(layout);
    std::vector<std::pair<std::string, torch::Tensor>> parameters;
    for (const auto& item : method->named_parameters()) parameters.emplace_back(item.key(), item.value());
    auto optimizer = make_optimizer({}, parameters);
    auto once = [&] {
        optimizer->zero_grad(); // before the views pass, as in pretrain(): their maps take the gradients' place
        torch::Tensor loss;
        {
            const Autocast scope(device, precision);
            loss = direct ? direct_loss(*method, {}, a, b) : method->step(a, b).loss;
        }
        loss.backward();
        optimizer->step(1e-3);
        if (device.is_cuda()) torch::cuda::synchronize();
    };
    once(); // allocations and kernel choice
    for (auto _ : state) once();
    state.counters["images/s"] =
        benchmark::Counter(static_cast<double>(state.iterations() * batch), benchmark::Counter::kIsRate);
    state.counters["peak_GB"] = peak_gigabytes();
}

} // namespace

int main(int argc, char** argv) {
    return run_benchmarks(argc, argv, [](int& count, char** arguments) {
        take(count, arguments, "--batch", batch);
        take(count, arguments, "--pixels", pixels);
        device = take_device(count, arguments);
        free_at_start = free_memory(device);
        const auto add = [](const char* name, bool direct, Precision precision) {
            benchmark::RegisterBenchmark(name, [=](benchmark::State& s) { step(s, direct, precision); })
                ->Unit(benchmark::kMillisecond)
                ->UseRealTime();
        };
        add("mlvicx_step/bf16", false, Precision::bf16);
        add("mlvicx_step/fp32", false, Precision::fp32);
        add("mlvicx_step_direct/fp32", true, Precision::fp32);
    });
}
