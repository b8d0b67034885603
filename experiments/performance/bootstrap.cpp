// Patient-clustered bootstrap of the AUC of 14 findings with 1,000 resamples, at the size of ChestX-ray14's test set
// (25,596 images of 2,797 patients), compared with a plain count.
#include "results/statistics/bootstrap.h"
#include "core/random.h"
#include "experiments/performance/harness.h"
#include "results/metrics/metrics.h"
#include "results/statistics/delong.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

using namespace mlvicx;

namespace {

constexpr std::size_t findings = 14, resamples = 1000;

struct Scored {
    std::vector<float> scores;
    std::vector<std::int8_t> labels;
    Clusters clusters;
    explicit Scored(std::size_t images) {
        Random random(0, Purpose::bootstrap, 1);
        const auto patients = static_cast<std::uint32_t>(1 + images / 9);
        std::vector<std::string> names;
        for (std::size_t i = 0; i < images; ++i) {
            names.push_back(std::to_string(random.below(patients)));
            for (std::size_t c = 0; c < findings; ++c) {
                labels.push_back(random.chance(0.05) ? 1 : 0);
                scores.push_back(static_cast<float>(random.uniform() + 0.2 * labels.back()));
            }
        }
        clusters = clusters_of(names);
    }
};

/// Writes resample `r` of class `c` out as images and computes the exact AUC.
double written_out(const Scored& data, const Resamples& drawn, std::size_t r, std::size_t c) {
    std::vector<float> scores;
    std::vector<std::int8_t> labels;
    for (std::size_t image = 0; image < drawn.images(); ++image)
        for (int time = 0; time < drawn.weight(r, image); ++time) {
            scores.push_back(data.scores[image * findings + c]);
            labels.push_back(data.labels[image * findings + c]);
        }
    return auc(scores, labels).value_or(std::nan(""));
}

void bootstrap(benchmark::State& state) {
    const Scored data(static_cast<std::size_t>(state.range(0)));
    const auto threads = static_cast<unsigned>(state.range(1));
    const Resamples drawn(data.clusters, resamples);
    for (auto _ : state) benchmark::DoNotOptimize(auc_replicates(drawn, data.scores, data.labels, findings, threads));
}

void drawing(benchmark::State& state) {
    const Scored data(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) benchmark::DoNotOptimize(Resamples(data.clusters, resamples));
}

void bootstrap_written_out(benchmark::State& state) {
    const Scored data(static_cast<std::size_t>(state.range(0)));
    const Resamples drawn(data.clusters, resamples);
    for (auto _ : state)
        for (std::size_t c = 0; c < findings; ++c) benchmark::DoNotOptimize(written_out(data, drawn, 7, c));
    state.SetLabel("one resample of the thousand");
}

/// Scores and labels of one finding.
std::pair<std::vector<float>, std::vector<std::int8_t>> finding(const Scored& data) {
    std::pair<std::vector<float>, std::vector<std::int8_t>> result;
    for (std::size_t i = 0; i < data.scores.size(); i += findings) {
        result.first.push_back(data.scores[i]);
        result.second.push_back(data.labels[i]);
    }
    return result;
}

void delong(benchmark::State& state) {
    const Scored data(static_cast<std::size_t>(state.range(0)));
    const auto [scores, labels] = finding(data);
    for (auto _ : state) {
        const auto influence = auc_influence(scores, labels);
        benchmark::DoNotOptimize(auc_variance(influence->of_image, labels, data.clusters));
    }
}

Values some_replicates(const Sizes& sizes) {
    const Scored data(static_cast<std::size_t>(sizes[0]));
    const Resamples drawn(data.clusters, resamples);
    const auto threads = static_cast<unsigned>(sizes[1]);
    const auto all = auc_replicates(drawn, data.scores, data.labels, findings, threads);
    Values values(1);
    for (std::size_t r = 0; r < resamples; r += 99) values[0].push_back(all[3][r]);
    return values;
}
Values replicates_written_out(const Sizes& sizes) {
    const Scored data(static_cast<std::size_t>(sizes[0]));
    const Resamples drawn(data.clusters, resamples);
    Values values(1);
    for (std::size_t r = 0; r < resamples; r += 99) values[0].push_back(written_out(data, drawn, r, 3));
    return values;
}

/// How often each image is in a resample.
Values drawn_weights(const Sizes& sizes) {
    const Scored data(static_cast<std::size_t>(sizes[0]));
    const Resamples drawn(data.clusters, resamples);
    Values values(1);
    for (std::size_t image = 0; image < drawn.images(); ++image)
        values[0].push_back(drawn.weight(resamples - 1, image));
    return values;
}
Values weights_by_definition(const Sizes& sizes) {
    const Scored data(static_cast<std::size_t>(sizes[0]));
    std::vector<double> times(data.clusters.count);
    Random random(0, Purpose::bootstrap, 0, resamples - 1);
    for (std::size_t d = 0; d < times.size(); ++d) ++times[random.below(static_cast<std::uint32_t>(times.size()))];
    Values values(1);
    for (const auto cluster : data.clusters.of_image) values[0].push_back(times[cluster]);
    return values;
}

Values one_written_out(const Sizes& sizes) {
    const Scored data(static_cast<std::size_t>(sizes[0]));
    const Resamples drawn(data.clusters, resamples);
    Values values(1);
    for (std::size_t c = 0; c < findings; ++c) values[0].push_back(written_out(data, drawn, 7, c));
    return values;
}
Values one_replicate(const Sizes& sizes) {
    const Scored data(static_cast<std::size_t>(sizes[0]));
    Values values(1);
    for (const auto& of_class : auc_replicates(Resamples(data.clusters, resamples), data.scores, data.labels, findings))
        values[0].push_back(of_class[7]);
    return values;
}

Values clustered_variance(const Sizes& sizes) {
    const Scored data(static_cast<std::size_t>(sizes[0]));
    const auto [scores, labels] = finding(data);
    return {{*auc_variance(auc_influence(scores, labels)->of_image, labels, data.clusters)}};
}

/// Obuchowski's (1997) estimate from placements that are counted pair by pair.
Values variance_by_pairs(const Sizes& sizes) {
    const Scored data(static_cast<std::size_t>(sizes[0]));
    const auto [scores, labels] = finding(data);
    std::vector<double> placement(scores.size());
    double count[2] = {}, wins = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        ++count[labels[i]];
        if (labels[i] != 1) continue;
        for (std::size_t j = 0; j < scores.size(); ++j) {
            if (labels[j] != 0) continue;
            const double won = scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
            placement[i] += won;
            placement[j] += won;
            wins += won;
        }
    }
    const double area = wins / count[0] / count[1];
    std::vector<double> sums[2], images[2]; // of each patient, by label
    for (auto* of_patients : {&sums[0], &sums[1], &images[0], &images[1]}) of_patients->resize(data.clusters.count);
    for (std::size_t i = 0; i < scores.size(); ++i) {
        const auto patient = data.clusters.of_image[i];
        sums[labels[i]][patient] += placement[i] / count[1 - labels[i]] - area;
        ++images[labels[i]][patient];
    }
    double patients[2] = {}, squares[2] = {}, products = 0;
    for (std::size_t p = 0; p < data.clusters.count; ++p) {
        for (const int label : {0, 1}) {
            patients[label] += images[label][p] > 0 ? 1 : 0;
            squares[label] += sums[label][p] * sums[label][p] / count[label] / count[label];
        }
        products += sums[0][p] * sums[1][p] / count[0] / count[1];
    }
    const auto unbiased = [](double n) { return n / (n - 1); };
    return {{unbiased(patients[0]) * squares[0] + unbiased(patients[1]) * squares[1] +
             2 * unbiased(static_cast<double>(data.clusters.count)) * products}};
}

} // namespace

int main(int argc, char** argv) {
    verified_benchmark({.name = "bootstrap",
                        .candidate = some_replicates,
                        .reference = replicates_written_out,
                        .tolerance = 0,
                        .timed = bootstrap,
                        .sizes = {{25596, 1}, {25596, 2}, {112120, 2}}},
                       [](auto* registered) {
                           in_real_milliseconds(registered);
                           registered->ArgNames({"images", "threads"});
                       });
    verified_benchmark({.name = "drawing",
                        .candidate = drawn_weights,
                        .reference = weights_by_definition,
                        .tolerance = 0,
                        .timed = drawing,
                        .sizes = {{25596}}},
                       in_real_milliseconds);
    verified_benchmark({.name = "bootstrap_written_out",
                        .candidate = one_written_out,
                        .reference = one_replicate,
                        .tolerance = 0,
                        .timed = bootstrap_written_out,
                        .sizes = {{25596}}},
                       in_milliseconds);
    verified_benchmark({.name = "delong",
                        .candidate = clustered_variance,
                        .reference = variance_by_pairs,
                        .tolerance = 1e-9,
                        .timed = delong,
                        .sizes = {{25596}, {112120}}},
                       in_milliseconds);
    return run_registered(argc, argv);
}
