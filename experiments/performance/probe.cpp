// The grid of a low-data study on frozen features of ChestX-ray14's size: 5 fractions x 5 seeds x 5 draws (all films:
// one draw) of the linear probe, 75,312 training, 11,212 validation and 25,596 test films, 512 features, 14 findings as
// rare as the real ones. Each seed has features of its own, as each has its own encoder. Also the nearest neighbours of
// one seed. Prints what each fraction takes. `--device cuda` does the work on a GPU.
#include "core/error.h"
#include "experiments/knn.h"
#include "experiments/linear_probe.h"
#include "experiments/performance/arguments.h"

#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include <chrono>
#include <cstdio>
#include <vector>

using namespace mlvicx;

namespace {

constexpr std::int64_t train = 75312, validation = 11212, test = 25596, width = 512, findings = 14;
constexpr std::int64_t seeds = 5, draws = 5;
const std::vector<double> fractions = {0.01, 0.05, 0.1, 0.5, 1};
torch::Device device = torch::kCPU;

/// Correlated features, positive as after a ReLU, whose variances fall over two decades, and labels that a few
/// directions of them partly explain.
struct Films {
    torch::Tensor features;
    OpenDataset data;

    explicit Films(std::uint64_t seed) {
        torch::manual_seed(seed);
        const auto n = train + validation + test;
        const auto scales = torch::logspace(0, -1, width, 10, torch::kFloat32);
        const auto mixing = std::get<0>(torch::linalg_qr(torch::randn({width, width})));
        const auto hidden = torch::randn({n, width});
        features = torch::relu((hidden * scales).mm(mixing) + 0.3).to(device);
        const auto signal = hidden.narrow(1, 0, 40).mm(torch::randn({40, findings})) / std::sqrt(40.0);
        const auto rarity = torch::linspace(0.9, 2.6, findings); // 18 % to 0.5 % of the films
        data.labels = ((0.6 * signal + 0.8 * torch::randn({n, findings})) > rarity).to(torch::kInt8);
        for (std::int64_t c = 0; c < findings; ++c) data.classes.push_back(fmt::format("finding {}", c + 1));
        for (std::int64_t i = train; i < n; ++i) (i < train + validation ? data.validation : data.test).push_back(i);
    }

    void draw(double fraction, std::int64_t number) {
        torch::manual_seed(static_cast<std::uint64_t>(1000 + number));
        const auto count = static_cast<std::int64_t>(fraction * train);
        const auto chosen = std::get<0>(torch::randperm(train).narrow(0, 0, count).sort());
        data.train.assign(chosen.data_ptr<std::int64_t>(), chosen.data_ptr<std::int64_t>() + count);
    }
};

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void probe_grid(benchmark::State& state) {
    std::vector<double> seconds(fractions.size(), 0);
    for (auto _ : state)
        for (std::int64_t seed = 0; seed < seeds; ++seed) {
            state.PauseTiming();
            Films films(static_cast<std::uint64_t>(seed));
            state.ResumeTiming();
            for (std::size_t f = 0; f < fractions.size(); ++f)
                for (std::int64_t draw = 0; draw < (fractions[f] == 1 ? 1 : draws); ++draw) {
                    films.draw(fractions[f], draw);
                    const auto start = std::chrono::steady_clock::now();
                    const auto outcome = evaluate_linear_probe(films.features, films.data, {});
                    seconds[f] += seconds_since(start);
                    ensure(outcome.details.at("validation_auc").as_double() > 0.6, "the probe has learnt");
                }
        }
    for (std::size_t f = 0; f < fractions.size(); ++f)
        state.counters[fmt::format("s_at_{:g}%", 100 * fractions[f])] =
            seconds[f] / static_cast<double>(state.iterations());
}

void neighbours(benchmark::State& state) {
    Films films(0);
    films.draw(1, 0);
    for (auto _ : state) benchmark::DoNotOptimize(evaluate_knn(films.features, films.data, {}).test_scores);
}

} // namespace

BENCHMARK(probe_grid)->Unit(benchmark::kSecond)->UseRealTime()->Iterations(1);
BENCHMARK(neighbours)->Unit(benchmark::kSecond)->UseRealTime()->Iterations(1);

int main(int argc, char** argv) {
    return run_benchmarks(argc, argv, [](int& count, char** arguments) { device = take_device(count, arguments); });
}
