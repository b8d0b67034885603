// Pre-training as users run it: batches, both views, step and optimiser of each method with its authors' widths,
// through pretrain() itself. `--encoder resnet50` (resnet18), `--device cuda`, `--batch N` (256 on a GPU, else 16),
// `--pixels N` (224), `--steps N` (20). The first epoch warms up, the second one's films/s are reported.
#include "experiments/method_table.h"
#include "experiments/performance/arguments.h"
#include "methods/bf16.h"

#include <benchmark/benchmark.h>
#include <torch/torch.h>

using namespace mlvicx;

namespace {

struct Setting {
    std::string encoder = "resnet18";
    torch::Device device = torch::kCPU;
    std::int64_t batch = 0, pixels = 224, steps = 20;
};

void films_per_second(benchmark::State& state, const MethodEntry& entry, const Setting& setting,
                      const std::string& precision) {
    const auto& device = setting.device;
    const auto count = setting.batch * setting.steps;
    torch::manual_seed(1);
    const auto films = torch::randint(0, 256, {count, setting.pixels, setting.pixels}, torch::kUInt8);
    std::vector<std::int64_t> numbers;
    for (std::int64_t i = 0; i < count; ++i) numbers.push_back(i);
    const auto options = resolve_pretrain(entry, [&](PretrainOptions& given) {
        given.epochs = 2;
        given.batch_size = setting.batch;
        given.image_size = setting.pixels;
        given.precision = precision;
    });
    double rate = 0;
    for (auto _ : state) {
        const auto method = initial_method(entry, {}, setting.encoder, 0);
        method->to(device);
        const auto records = pretrain(*method, films, numbers, options, device, {}, "benchmark");
        for (const auto& [name, value] : records.back().values)
            if (name == "images_per_second") rate = value;
        state.SetIterationTime(static_cast<double>(count) / rate);
    }
    state.counters["films/s"] = rate;
    state.counters["ms/step"] = 1e3 * static_cast<double>(setting.batch) / rate;
}

} // namespace

int main(int argc, char** argv) {
    return run_benchmarks(argc, argv, [](int& count, char** arguments) {
        Setting setting;
        setting.device = take_device(count, arguments);
        take(count, arguments, "--encoder", setting.encoder);
        take(count, arguments, "--batch", setting.batch);
        take(count, arguments, "--pixels", setting.pixels);
        take(count, arguments, "--steps", setting.steps);
        if (setting.batch == 0) setting.batch = setting.device.is_cuda() ? 256 : 16;
        for (const auto& entry : method_table())
            for (const std::string precision : {"bf16", "fp32"})
                if (entry.trains && (precision == "fp32" || !setting.device.is_cpu() || bf16_fault().empty()))
                    benchmark::RegisterBenchmark(
                        (entry.name + "/" + precision).c_str(),
                        [=](benchmark::State& s) { films_per_second(s, entry, setting, precision); })
                        ->Unit(benchmark::kMillisecond)
                        ->UseManualTime()
                        ->Iterations(1);
    });
}
