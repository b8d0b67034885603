// Patient-clustered bootstrap of the AUC of 14 findings with 1,000 resamples, at the size of ChestX-ray14's test films
// (25,596 of 2,797 patients), and by a plain count for comparison. Values are compared before they are timed.
#include "results/bootstrap.h"
#include "core/error.h"
#include "core/random.h"
#include "results/delong.h"
#include "results/metrics.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <string>
#include <vector>

namespace {

constexpr std::size_t findings = 14, resamples = 1000;

struct Scored {
    std::vector<float> scores;
    std::vector<std::int8_t> labels;
    mlvicx::Clusters clusters;
    explicit Scored(std::size_t films) {
        mlvicx::Random random(0, mlvicx::Purpose::bootstrap, 1);
        const auto patients = static_cast<std::uint32_t>(1 + films / 9);
        std::vector<std::string> names;
        for (std::size_t i = 0; i < films; ++i) {
            names.push_back(std::to_string(random.below(patients)));
            for (std::size_t c = 0; c < findings; ++c) {
                labels.push_back(random.chance(0.05) ? 1 : 0);
                scores.push_back(static_cast<float>(random.uniform() + 0.2 * labels.back()));
            }
        }
        clusters = mlvicx::clusters_of(names);
    }
};

/// Resample `r` of class `c` written out as films and given to the exact AUC.
double written_out(const Scored& data, const mlvicx::Resamples& drawn, std::size_t r, std::size_t c) {
    std::vector<float> scores;
    std::vector<std::int8_t> labels;
    for (std::size_t film = 0; film < drawn.films(); ++film)
        for (int time = 0; time < drawn.weight(r, film); ++time) {
            scores.push_back(data.scores[film * findings + c]);
            labels.push_back(data.labels[film * findings + c]);
        }
    return mlvicx::auc(scores, labels).value_or(std::nan(""));
}

void bootstrap(benchmark::State& state) {
    const Scored data(static_cast<std::size_t>(state.range(0)));
    const auto threads = static_cast<unsigned>(state.range(1));
    const mlvicx::Resamples drawn(data.clusters, resamples);
    const auto once = mlvicx::auc_replicates(drawn, data.scores, data.labels, findings);
    for (std::size_t r = 0; r < resamples; r += 99)
        mlvicx::ensure(once[3][r] == written_out(data, drawn, r, 3), "a resample differs from the one written out");
    for (auto _ : state)
        benchmark::DoNotOptimize(mlvicx::auc_replicates(drawn, data.scores, data.labels, findings, threads));
}

void drawing(benchmark::State& state) {
    const Scored data(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) benchmark::DoNotOptimize(mlvicx::Resamples(data.clusters, resamples));
}

void bootstrap_written_out(benchmark::State& state) {
    const Scored data(static_cast<std::size_t>(state.range(0)));
    const mlvicx::Resamples drawn(data.clusters, resamples);
    for (auto _ : state)
        for (std::size_t c = 0; c < findings; ++c) benchmark::DoNotOptimize(written_out(data, drawn, 7, c));
    state.SetLabel("one resample of the thousand");
}

void delong(benchmark::State& state) {
    const Scored data(static_cast<std::size_t>(state.range(0)));
    std::vector<float> scores;
    std::vector<std::int8_t> labels;
    for (std::size_t i = 0; i < data.scores.size(); i += findings) {
        scores.push_back(data.scores[i]);
        labels.push_back(data.labels[i]);
    }
    for (auto _ : state) {
        const auto influence = mlvicx::auc_influence(scores, labels);
        benchmark::DoNotOptimize(mlvicx::auc_variance(influence->of_film, labels, data.clusters));
    }
}

} // namespace

BENCHMARK(bootstrap)
    ->ArgNames({"films", "threads"})
    ->Args({25596, 1})
    ->Args({25596, 2})
    ->Args({112120, 2})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(drawing)->Arg(25596)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(bootstrap_written_out)->Arg(25596)->Unit(benchmark::kMillisecond);
BENCHMARK(delong)->Arg(25596)->Arg(112120)->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
