#include "results/metrics/classification.h"

#include "core/error.h"
#include "results/metrics/metrics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace mlvicx {

namespace {

struct Counts {
    double positives = 0, negatives = 0;
};

void check(std::span<const float> scores, std::span<const std::int8_t> labels, bool probabilities) {
    ensure(scores.size() == labels.size(), "as many labels as scores");
    for (std::size_t i = 0; i < scores.size(); ++i) {
        ensure(labels[i] >= -1 && labels[i] <= 1, "a label is 1, 0 or -1 (unknown)");
        if (std::isnan(scores[i])) user_error("the score of image {} is not a number; a metric needs numbers", i + 1);
        if (probabilities && (scores[i] < 0 || scores[i] > 1))
            user_error("the score of image {} is {}; calibration needs probabilities, in 0..1", i + 1, scores[i]);
    }
}

Counts counts_of(std::span<const std::int8_t> labels) {
    return {static_cast<double>(std::count(labels.begin(), labels.end(), 1)),
            static_cast<double>(std::count(labels.begin(), labels.end(), 0))};
}

/// Calls `visit` with the images at or above each threshold, highest first: one point of the ROC curve each time.
void for_thresholds(std::span<const float> scores, std::span<const std::int8_t> labels,
                    const std::function<void(Counts, float threshold)>& visit) {
    std::vector<std::pair<float, bool>> order;
    for (std::size_t i = 0; i < scores.size(); ++i)
        if (labels[i] >= 0) order.emplace_back(scores[i], labels[i] == 1);
    std::sort(order.begin(), order.end(), std::greater<>());
    Counts above;
    for (std::size_t i = 0; i < order.size(); ++i) {
        (order[i].second ? above.positives : above.negatives) += 1;
        if (i + 1 == order.size() || order[i + 1].first != order[i].first) visit(above, order[i].first);
    }
}

} // namespace

std::optional<double> average_precision(std::span<const float> scores, std::span<const std::int8_t> labels) {
    check(scores, labels, false);
    const auto all = counts_of(labels);
    if (all.positives == 0 || all.negatives == 0) return std::nullopt;
    double sum = 0, recalled = 0;
    for_thresholds(scores, labels, [&](const Counts& above, float) {
        sum += (above.positives - recalled) / all.positives * above.positives / (above.positives + above.negatives);
        recalled = above.positives;
    });
    return sum;
}

std::optional<OperatingPoint> operating_point(double specificity, std::span<const float> scores,
                                              std::span<const std::int8_t> labels) {
    check(scores, labels, false);
    const auto all = counts_of(labels);
    if (all.positives == 0 || all.negatives == 0) return std::nullopt;
    OperatingPoint best{std::numeric_limits<double>::infinity()};
    for_thresholds(scores, labels, [&](const Counts& above, float threshold) {
        const double below = all.negatives - above.negatives, sensitivity = above.positives / all.positives;
        // 90 of 100 is a specificity of 0.9 even if the product is rounded.
        if (below >= specificity * all.negatives * (1 - 1e-12) && sensitivity > best.sensitivity)
            best = {threshold, sensitivity, below / all.negatives};
    });
    return best;
}

std::optional<double> sensitivity_at(double specificity, std::span<const float> scores,
                                     std::span<const std::int8_t> labels) {
    const auto best = operating_point(specificity, scores, labels);
    return best ? std::optional(best->sensitivity) : std::nullopt;
}

std::optional<double> brier_score(std::span<const float> scores, std::span<const std::int8_t> labels) {
    check(scores, labels, true);
    double sum = 0, images = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (labels[i] < 0) continue;
        const double error = static_cast<double>(scores[i]) - labels[i];
        sum += error * error;
        ++images;
    }
    if (images == 0) return std::nullopt;
    return sum / images;
}

std::optional<double> calibration_error(std::span<const float> scores, std::span<const std::int8_t> labels, int bins) {
    check(scores, labels, true);
    ensure(bins > 0, "a calibration error needs bins");
    // Sum of probability - label in each bin: its size over all images is the bin's contribution to the error.
    std::vector<double> excess(static_cast<std::size_t>(bins), 0);
    double images = 0, sum = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (labels[i] < 0) continue;
        const int bin = std::clamp(static_cast<int>(std::ceil(static_cast<double>(scores[i]) * bins)) - 1, 0, bins - 1);
        excess[static_cast<std::size_t>(bin)] += static_cast<double>(scores[i]) - labels[i];
        ++images;
    }
    if (images == 0) return std::nullopt;
    for (const double value : excess) sum += std::abs(value);
    return sum / images;
}

std::span<const ScalarMetric> classification_metrics() {
    using Unit = ScalarMetric::Unit;
    static constexpr ScalarMetric metrics[] = {
        {"auc", "AUC", Unit::percent, true, "", auc},
        {"average_precision", "AP", Unit::percent, true, "AP: average precision.", average_precision},
        {"sensitivity_at_90_specificity", "Sens.", Unit::percent, true,
         "Sens.: the highest sensitivity at a specificity of 90 % or more.",
         [](auto scores, auto labels) { return sensitivity_at(0.9, scores, labels); }},
        {"brier", "Brier", Unit::plain, false, "Brier: mean squared error of the probabilities.", brier_score},
        {"ece", "ECE", Unit::plain, false, "ECE: calibration error in 15 bins.",
         [](auto scores, auto labels) { return calibration_error(scores, labels, 15); }},
    };
    return metrics;
}

std::vector<MetricTable> classification_tables(std::span<const float> scores, std::span<const std::int8_t> labels,
                                               const std::vector<std::string>& classes) {
    ensure(scores.size() == labels.size(), "classification_tables: as many labels as scores");
    ensure(!classes.empty() && scores.size() % classes.size() == 0, "classification_tables: whole rows of classes");
    const auto metrics = classification_metrics();
    std::vector<std::vector<MetricTable::Class>> values(metrics.size());
    for (std::size_t c = 0; c < classes.size(); ++c) {
        const auto s = column_of(scores, c, classes.size());
        const auto l = column_of(labels, c, classes.size());
        const auto count = counts_of(l);
        try {
            for (std::size_t m = 0; m < metrics.size(); ++m)
                values[m].push_back({classes[c], metrics[m].value(s, l), static_cast<std::int64_t>(count.positives),
                                     static_cast<std::int64_t>(count.negatives)});
        } catch (const UserError& error) {
            user_error("class {}: {}", classes[c], error.what());
        }
    }
    std::vector<MetricTable> tables;
    for (std::size_t m = 0; m < metrics.size(); ++m)
        tables.push_back(metric_table(metrics[m].name, std::move(values[m])));
    return tables;
}

} // namespace mlvicx
