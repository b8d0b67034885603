#include "results/statistics/aggregate.h"

#include "core/error.h"
#include "core/random.h"

#include <algorithm>
#include <numeric>

namespace mlvicx {

namespace {

void check(const Runs& runs) {
    ensure(!runs.empty(), "an aggregate needs tasks");
    for (const auto& task : runs) ensure(!task.empty(), "an aggregate needs a run of every task");
}

Runs redrawn(const Runs& runs, Random& random) {
    Runs drawn = runs;
    for (std::size_t t = 0; t < runs.size(); ++t)
        for (double& value : drawn[t]) value = runs[t][random.below(static_cast<std::uint32_t>(runs[t].size()))];
    return drawn;
}

bool repeated(const Runs& runs) {
    return std::any_of(runs.begin(), runs.end(), [](const auto& task) { return task.size() > 1; });
}

template <typename Figure> std::optional<Interval> interval(std::size_t count, std::uint64_t seed, Figure figure) {
    std::vector<double> values(count);
    for (std::size_t r = 0; r < count; ++r) {
        Random random(seed, Purpose::bootstrap, 1, static_cast<std::uint32_t>(r));
        values[r] = figure(random);
    }
    return percentile_interval(values);
}

} // namespace

double interquartile_mean(const Runs& runs) {
    check(runs);
    std::vector<double> all;
    for (const auto& task : runs) all.insert(all.end(), task.begin(), task.end());
    std::sort(all.begin(), all.end());
    const auto cut = static_cast<std::ptrdiff_t>(all.size() / 4);
    return std::accumulate(all.begin() + cut, all.end() - cut, 0.0) /
           static_cast<double>(static_cast<std::ptrdiff_t>(all.size()) - 2 * cut);
}

double probability_of_improvement(const Runs& a, const Runs& b) {
    check(a);
    check(b);
    ensure(a.size() == b.size(), "probability_of_improvement: the same tasks");
    double sum = 0;
    for (std::size_t t = 0; t < a.size(); ++t) {
        double wins = 0;
        for (const double x : a[t])
            for (const double y : b[t]) wins += x > y ? 1 : x == y ? 0.5 : 0;
        sum += wins / static_cast<double>(a[t].size() * b[t].size());
    }
    return sum / static_cast<double>(a.size());
}

Estimate interquartile_mean(const Runs& runs, std::size_t count, std::uint64_t seed) {
    Estimate estimate{interquartile_mean(runs), {}};
    if (repeated(runs))
        estimate.interval =
            interval(count, seed, [&](Random& random) { return interquartile_mean(redrawn(runs, random)); });
    return estimate;
}

Estimate probability_of_improvement(const Runs& a, const Runs& b, std::size_t count, std::uint64_t seed) {
    Estimate estimate{probability_of_improvement(a, b), {}};
    if (repeated(a) && repeated(b))
        estimate.interval = interval(count, seed, [&](Random& random) {
            const Runs drawn = redrawn(a, random);
            return probability_of_improvement(drawn, redrawn(b, random));
        });
    return estimate;
}

} // namespace mlvicx
