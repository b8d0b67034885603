#include "results/statistics/comparison.h"

#include "core/error.h"
#include "results/metrics/metrics.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mlvicx {

double normal_p(double estimate, double standard_error) {
    if (estimate == 0) return 1;
    return std::erfc(std::abs(estimate) / standard_error / std::numbers::sqrt2); // error 0: erfc(inf) is 0
}

std::vector<std::optional<double>> holm(std::span<const std::optional<double>> p) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < p.size(); ++i)
        if (p[i]) order.push_back(i);
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return *p[a] < *p[b]; });
    std::vector<std::optional<double>> adjusted(p.size());
    double highest = 0;
    for (std::size_t k = 0; k < order.size(); ++k) {
        highest = std::max(highest, std::min(1.0, static_cast<double>(order.size() - k) * *p[order[k]]));
        adjusted[order[k]] = highest;
    }
    return adjusted;
}

namespace {

Difference tested(double value, const Replicates& replicates) {
    Difference difference{value, percentile_interval(replicates), {}};
    if (!difference.interval) return difference;
    std::vector<double> defined;
    std::copy_if(replicates.begin(), replicates.end(), std::back_inserter(defined),
                 [](double r) { return !std::isnan(r); });
    difference.p = normal_p(value, summarise(defined).deviation);
    return difference;
}

} // namespace

Difference paired_difference(double a, const Replicates& replicates_a, double b, const Replicates& replicates_b) {
    return tested(a - b, difference_of(replicates_a, replicates_b));
}

std::optional<Difference> paired_difference(const Resamples& resamples, std::span<const double> a,
                                            std::span<const double> b) {
    ensure(a.size() == b.size(), "paired_difference: both values of every image");
    std::vector<double> differences, defined;
    for (std::size_t i = 0; i < a.size(); ++i) {
        differences.push_back(a[i] - b[i]);
        if (!std::isnan(differences.back())) defined.push_back(differences.back());
    }
    if (defined.empty()) return std::nullopt;
    return tested(summarise(defined).mean, mean_replicates(resamples, differences));
}

} // namespace mlvicx
