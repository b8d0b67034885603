#pragma once

#include "results/metrics/metric_table.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// Area under the ROC curve: the Mann-Whitney statistic with ties at half, exact in O(n log n). Labels 1 / 0; -1
/// (unknown) is left out. nullopt without both positives and negatives. Throws UserError on a NaN score.
std::optional<double> auc(std::span<const float> scores, std::span<const std::int8_t> labels);

/// The AUC ("auc") for each class. `scores` and `labels` are [images, classes], row by row.
MetricTable auc_table(std::span<const float> scores, std::span<const std::int8_t> labels,
                      const std::vector<std::string>& classes);

/// Mean and standard deviation (n - 1; 0 for a single value).
struct Summary {
    double mean = 0, deviation = 0;
    std::int64_t count = 0;
};
Summary summarise(std::span<const double> values);

} // namespace mlvicx
