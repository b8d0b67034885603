// One MLVICX training step (both views, backward, LARS) with the heads' full widths: the form that runs, against the
// direct form of its definition (resize to 64x64, 512-channel maps, D x D covariance; fp32, contiguous). `--batch N`
// (16), `--pixels N` (224), `--device cuda`. A counter shows the process's peak memory (on a GPU: what it holds at the
// end), so run only one benchmark (--benchmark_filter) to measure its own.
#include "experiments/performance/arguments.h"
#include "methods/device/device.h"
#include "methods/optimizer/optimizer.h"
#include "mlvicx/context_encoder.h"
#include "mlvicx/direct_mlvicx.h"

#include <sys/resource.h>

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

/// One form on a small batch, in float64 or in the timed precision: the loss and the first gradient.
Values outcome(bool direct, Precision precision, torch::ScalarType type) {
    at::globalContext().setAllowTF32CuDNN(false); // a GPU's default convolutions round to ten bits
    const auto method = network();
    method->to(type);
    const auto options = torch::TensorOptions(type).device(device);
    const auto a = torch::randn({4, 3, 64, 64}).to(options), b = torch::randn({4, 3, 64, 64}).to(options);
    torch::Tensor loss;
    {
        const Autocast scope(device, precision);
        loss = direct ? direct_loss(*method, {}, a, b) : method->step(a, b).loss;
    }
    const auto gradient = torch::autograd::grad({loss}, method->encoder().parameters())[0];
    at::globalContext().setAllowTF32CuDNN(true);
    return values_of({loss, gradient});
}

void step(benchmark::State& state, bool direct, Precision precision) {
    const auto layout = direct ? torch::MemoryFormat::Contiguous : torch::MemoryFormat::ChannelsLast;
    const auto method = network();
    const auto a = view(layout), b = view(layout);
    std::vector<std::pair<std::string, torch::Tensor>> parameters;
    for (const auto& item : method->named_parameters()) parameters.emplace_back(item.key(), item.value());
    auto optimizer = make_optimizer({}, parameters);
    auto once = [&] {
        optimizer->zero_grad(); // before the views pass, as in pretrain(): their maps reuse the gradients' memory
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
            // Both forms are the same function, which float64 shows. In bf16 only the loss is compared: the first
            // gradient of so few images is mostly rounding.
            const bool low = precision == Precision::bf16;
            const auto compared = [low](Values values) {
                values.resize(low ? 1 : values.size());
                return values;
            };
            verified_benchmark(
                {.name = name,
                 .candidate =
                     [=](const Sizes&) {
                         return compared(outcome(direct, precision, low ? torch::kFloat32 : torch::kFloat64));
                     },
                 .reference =
                     [=](const Sizes&) { return compared(outcome(!direct, Precision::fp32, torch::kFloat64)); },
                 .tolerance = low ? 0.05 : 1e-6,
                 .timed = [=](benchmark::State& state) { step(state, direct, precision); }},
                in_real_milliseconds);
        };
        add("mlvicx_step/bf16", false, Precision::bf16);
        add("mlvicx_step/fp32", false, Precision::fp32);
        add("mlvicx_step_direct/fp32", true, Precision::fp32);
    });
}
