#pragma once

#include "results/metrics/metric_table.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

// Metrics of one finding besides the AUC (results/metrics/metrics.h). Labels 1 / 0; -1 (unknown) is left out. All of
// them throw UserError on a NaN score.

/// Average precision as scikit-learn defines it: sum over thresholds, highest first, of (R_n - R_{n-1}) P_n; images
/// with equal scores enter together; no interpolation. nullopt without both positives and negatives.
std::optional<double> average_precision(std::span<const float> scores, std::span<const std::int8_t> labels);

/// The decision "score >= threshold" and what it is worth on the images that it was chosen on.
struct OperatingPoint {
    double threshold = 0; ///< one of the scores, or infinity: above all of them
    double sensitivity = 0, specificity = 1;
};

/// The point of the highest sensitivity whose specificity is at least `specificity` (0..1); of several, the one of the
/// highest specificity; no interpolation. nullopt without both positives and negatives.
std::optional<OperatingPoint> operating_point(double specificity, std::span<const float> scores,
                                              std::span<const std::int8_t> labels);

/// The highest sensitivity among the thresholds "score >= t" (t one of the scores, or above all) whose specificity is
/// at least `specificity` (0..1); no interpolation. nullopt without both positives and negatives.
std::optional<double> sensitivity_at(double specificity, std::span<const float> scores,
                                     std::span<const std::int8_t> labels);

/// Mean squared difference between probability and label (Brier 1950). Throws UserError on a score outside 0..1.
/// nullopt if there are no images.
std::optional<double> brier_score(std::span<const float> scores, std::span<const std::int8_t> labels);

/// Expected calibration error (Naeini et al. 2015) of the probability of a positive, in `bins` bins of equal width, ((b
/// - 1) / bins, b / bins], 0 in the first: the mean over images of |mean probability - fraction of positives| in the
/// image's bin. Errors and nullopt as for the Brier score.
std::optional<double> calibration_error(std::span<const float> scores, std::span<const std::int8_t> labels,
                                        int bins = 15);

/// One metric of a finding, for everything that stores or shows it: to add one, add a row to classification_metrics.
struct ScalarMetric {
    enum class Unit { percent, plain }; ///< "72.1" or "0.721"
    const char* name;                   ///< in the results file and in CSVs
    const char* heading;                ///< column heading
    Unit unit;
    bool more_is_better;
    const char* legend; ///< "AP: average precision."; empty if the heading is enough
    std::optional<double> (*value)(std::span<const float> scores, std::span<const std::int8_t> labels);
};

/// AUC first, which has its own intervals, pairs and tables; then the others.
std::span<const ScalarMetric> classification_metrics();

/// All of them, for each class. `scores` (probabilities, 0..1) and `labels` are [images, classes]. Errors name the
/// class and the image.
std::vector<MetricTable> classification_tables(std::span<const float> scores, std::span<const std::int8_t> labels,
                                               const std::vector<std::string>& classes);

} // namespace mlvicx
