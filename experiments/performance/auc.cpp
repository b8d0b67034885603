// The area under the ROC curve of one finding and of a table of findings, and by counting all pairs for comparison. The
// sizes of NIH ChestX-ray14: 25,596 test films, 112,120 films, 14 findings. Values are compared before they are timed.
#include "core/error.h"
#include "core/random.h"
#include "results/metrics.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <string>
#include <vector>

namespace {

struct Scored {
    std::vector<float> scores;
    std::vector<std::int8_t> labels;
    explicit Scored(std::int64_t count) {
        mlvicx::Random random(0, mlvicx::Purpose::bootstrap);
        for (std::int64_t i = 0; i < count; ++i) {
            labels.push_back(random.chance(0.1) ? 1 : 0);
            scores.push_back(std::round(1000 * static_cast<float>(random.uniform() + 0.2 * labels.back())) /
                             1000); // ties
        }
    }
};

double by_pairs(const Scored& data) {
    double wins = 0, pairs = 0;
    for (std::size_t i = 0; i < data.scores.size(); ++i) {
        if (data.labels[i] != 1) continue;
        for (std::size_t j = 0; j < data.scores.size(); ++j) {
            if (data.labels[j] != 0) continue;
            wins += data.scores[i] > data.scores[j] ? 1 : data.scores[i] == data.scores[j] ? 0.5 : 0;
            pairs += 1;
        }
    }
    return wins / pairs;
}

void auc_fast(benchmark::State& state) {
    const Scored data(state.range(0));
    if (state.range(0) <= 10000)
        mlvicx::ensure(std::abs(*mlvicx::auc(data.scores, data.labels) - by_pairs(data)) < 1e-12,
                       "the AUC differs from the count over pairs");
    for (auto _ : state) benchmark::DoNotOptimize(mlvicx::auc(data.scores, data.labels));
}

void auc_by_pairs(benchmark::State& state) {
    const Scored data(state.range(0));
    for (auto _ : state) benchmark::DoNotOptimize(by_pairs(data));
}

void table(benchmark::State& state) {
    constexpr std::size_t findings = 14;
    const Scored data(state.range(0) * static_cast<std::int64_t>(findings));
    const std::vector<std::string> names(findings, "finding");
    const auto once = mlvicx::auc_table(data.scores, data.labels, names);
    for (std::size_t c = 0; c < findings; ++c) {
        Scored column(0);
        for (std::size_t i = c; i < data.scores.size(); i += findings) {
            column.scores.push_back(data.scores[i]);
            column.labels.push_back(data.labels[i]);
        }
        const double expected = state.range(0) <= 10000 ? by_pairs(column) : *mlvicx::auc(column.scores, column.labels);
        mlvicx::ensure(std::abs(*once.classes[c].value - expected) < 1e-12, "the table differs from its columns");
    }
    for (auto _ : state) benchmark::DoNotOptimize(mlvicx::auc_table(data.scores, data.labels, names));
}

} // namespace

BENCHMARK(table)->Arg(1000)->Arg(25596)->Unit(benchmark::kMicrosecond);
BENCHMARK(auc_fast)->Arg(1000)->Arg(10000)->Arg(25596)->Arg(112120)->Unit(benchmark::kMicrosecond);
BENCHMARK(auc_by_pairs)->Arg(1000)->Arg(10000)->Unit(benchmark::kMicrosecond);

BENCHMARK_MAIN();
