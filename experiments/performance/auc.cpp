// The area under the ROC curve of one finding and of a table of findings, compared with counting all pairs. Sizes are
// those of NIH ChestX-ray14: 25,596 test images, 112,120 images, 14 findings.
#include "core/random.h"
#include "experiments/performance/harness.h"
#include "results/metrics/metrics.h"

#include <cmath>
#include <string>
#include <vector>

using namespace mlvicx;

namespace {

constexpr std::size_t findings = 14;
const std::vector<std::string> names(findings, "finding");

struct Scored {
    std::vector<float> scores;
    std::vector<std::int8_t> labels;
    explicit Scored(std::int64_t count) {
        Random random(0, Purpose::bootstrap);
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

/// One finding of a table.
Scored column(const Scored& data, std::size_t finding) {
    Scored result(0);
    for (std::size_t i = finding; i < data.scores.size(); i += findings) {
        result.scores.push_back(data.scores[i]);
        result.labels.push_back(data.labels[i]);
    }
    return result;
}

Scored table_of(std::int64_t images) {
    return Scored(images * static_cast<std::int64_t>(findings));
}

void auc_fast(benchmark::State& state) {
    const Scored data(state.range(0));
    for (auto _ : state) benchmark::DoNotOptimize(auc(data.scores, data.labels));
}

void auc_by_pairs(benchmark::State& state) {
    const Scored data(state.range(0));
    for (auto _ : state) benchmark::DoNotOptimize(by_pairs(data));
}

void table(benchmark::State& state) {
    const auto data = table_of(state.range(0));
    for (auto _ : state) benchmark::DoNotOptimize(auc_table(data.scores, data.labels, names));
}

Values fast_value(const Sizes& sizes) {
    const Scored data(sizes[0]);
    return {{*auc(data.scores, data.labels)}};
}
Values value_by_pairs(const Sizes& sizes) {
    return {{by_pairs(Scored(sizes[0]))}};
}

Values table_values(const Sizes& sizes) {
    const auto data = table_of(sizes[0]);
    Values values(1);
    for (const auto& one : auc_table(data.scores, data.labels, names).classes) values[0].push_back(*one.value);
    return values;
}
Values table_by_pairs(const Sizes& sizes) {
    const auto data = table_of(sizes[0]);
    Values values(1);
    for (std::size_t c = 0; c < findings; ++c) values[0].push_back(by_pairs(column(data, c)));
    return values;
}

} // namespace

int main(int argc, char** argv) {
    verified_benchmark({.name = "table",
                        .candidate = table_values,
                        .reference = table_by_pairs,
                        .tolerance = 1e-12,
                        .timed = table,
                        .sizes = {{1000}, {25596}}},
                       in_microseconds);
    verified_benchmark({.name = "auc_fast",
                        .candidate = fast_value,
                        .reference = value_by_pairs,
                        .tolerance = 1e-12,
                        .timed = auc_fast,
                        .sizes = {{1000}, {10000}, {25596}, {112120}}},
                       in_microseconds);
    verified_benchmark({.name = "auc_by_pairs",
                        .candidate = value_by_pairs,
                        .reference = fast_value,
                        .tolerance = 1e-12,
                        .timed = auc_by_pairs,
                        .sizes = {{1000}, {10000}}},
                       in_microseconds);
    return run_registered(argc, argv);
}
