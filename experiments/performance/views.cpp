// Views of 32 films, as a pre-training step makes them; the released pipeline of MLVICX takes 48-50 ms of one core for
// the two views of one film at 224 pixels. Counter: milliseconds per film.
#include "methods/views.h"
#include "methods/device.h"
#include "methods/recipes.h"

#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include <chrono>
#include <vector>

namespace {

using namespace mlvicx;

constexpr std::int64_t batch = 32;

std::vector<std::int64_t> numbers() {
    std::vector<std::int64_t> result;
    for (std::int64_t i = 0; i < batch; ++i) result.push_back(i);
    return result;
}

/// Both views of BYOL's recipe, up to the encoder's input. Arguments: pixels of the films, pixels of the views.
void two_views(benchmark::State& state) {
    torch::manual_seed(1);
    const auto films = torch::randint(0, 256, {batch, state.range(0), state.range(0)}, torch::kUInt8);
    PretrainOptions options;
    byol_views(options);
    std::int64_t epoch = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (auto _ : state) {
        for (int view = 0; view < 2; ++view) {
            const auto& recipe = view == 0 ? options.view1 : options.view2;
            benchmark::DoNotOptimize(
                encoder_input(make_views(films, numbers(), recipe, state.range(1), 0, epoch, view)));
        }
        ++epoch;
    }
    const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - begin;
    state.counters["ms_per_film"] = spent.count() / static_cast<double>(epoch * batch);
    state.SetItemsProcessed(epoch * batch);
}
BENCHMARK(two_views)
    ->Args({224, 224})
    ->Args({256, 224})
    ->Args({512, 224})
    ->Args({96, 96})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void plain_views(benchmark::State& state) {
    const auto films = torch::randint(0, 256, {batch, state.range(0), state.range(0)}, torch::kUInt8);
    for (auto _ : state) benchmark::DoNotOptimize(encoder_input(plain_view(films, state.range(1))));
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * batch);
}
BENCHMARK(plain_views)->Args({224, 224})->Args({256, 224})->UseRealTime()->Unit(benchmark::kMillisecond);

} // namespace

int main(int argc, char** argv) {
    mlvicx::use_all_threads(); // OMP_NUM_THREADS=1 gives the figures of one core
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
