#include "results/metrics/metrics.h"

#include "core/error.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace mlvicx {

namespace {

/// Counts, over all (positive, negative) pairs, 2 if the positive scores higher and 1 for a tie. Only the rarer side is
/// sorted: findings are rare, and looking the many up in the few costs a fraction of sorting them all. Twice the number
/// of pairs stays far below 64 bits (10^6 x 10^6 images give 2 * 10^12), so nothing is rounded before the end.
std::int64_t doubled_wins(std::vector<float>& positives, std::vector<float>& negatives) {
    const bool few_positives = positives.size() <= negatives.size();
    auto& few = few_positives ? positives : negatives;
    const auto& many = few_positives ? negatives : positives;
    std::sort(few.begin(), few.end());
    // Padded to 2^k - 1 entries, every search takes k steps without a branch to predict, several times as fast as
    // std::lower_bound.
    const auto count = static_cast<std::int64_t>(few.size());
    const std::size_t half = std::bit_floor(few.size());
    few.resize(2 * half - 1, std::numeric_limits<float>::infinity());
    std::int64_t below = 0, above = 0; // doubled: counts of the few against each of the many
    for (const float score : many) {
        std::size_t lower = 0, not_above = 0;
        for (std::size_t step = half; step > 0; step /= 2) {
            lower += few[lower + step - 1] < score ? step : 0;
            not_above += few[not_above + step - 1] <= score ? step : 0;
        }
        const auto low = static_cast<std::int64_t>(lower);
        const auto high = std::min(static_cast<std::int64_t>(not_above), count); // the padding is not an image
        below += low + high;
        above += 2 * count - low - high;
    }
    return few_positives ? above : below;
}

/// Scores of one class; reused from class to class to keep their memory.
struct Separated {
    std::vector<float> positives, negatives;
};

/// Class `column` of [images, columns] arrays.
MetricTable::Class class_auc(std::span<const float> scores, std::span<const std::int8_t> labels, std::size_t column,
                             std::size_t columns, const std::string& name, Separated& separated) {
    auto& [positives, negatives] = separated;
    positives.clear();
    negatives.clear();
    for (std::size_t i = column; i < scores.size(); i += columns) {
        if (std::isnan(scores[i]))
            user_error("{}the score of image {} is not a number; an AUC needs numbers",
                       name.empty() ? "" : "class " + name + ": ", i / columns + 1);
        const std::int8_t label = labels[i];
        ensure(label >= -1 && label <= 1, "a label is 1, 0 or -1 (unknown)");
        if (label == 1) positives.push_back(scores[i]);
        if (label == 0) negatives.push_back(scores[i]);
    }
    MetricTable::Class result;
    result.name = name;
    result.positives = static_cast<std::int64_t>(positives.size());
    result.negatives = static_cast<std::int64_t>(negatives.size());
    if (result.positives == 0 || result.negatives == 0) return result;
    const std::int64_t doubled_pairs = 2 * result.positives * result.negatives;
    result.value = static_cast<double>(doubled_wins(positives, negatives)) / static_cast<double>(doubled_pairs);
    return result;
}

} // namespace

std::optional<double> auc(std::span<const float> scores, std::span<const std::int8_t> labels) {
    ensure(scores.size() == labels.size(), "auc: as many labels as scores");
    Separated separated;
    return class_auc(scores, labels, 0, 1, "", separated).value;
}

MetricTable auc_table(std::span<const float> scores, std::span<const std::int8_t> labels,
                      const std::vector<std::string>& classes) {
    ensure(scores.size() == labels.size(), "auc_table: as many labels as scores");
    ensure(!classes.empty() && scores.size() % classes.size() == 0, "auc_table: whole rows of classes");
    std::vector<MetricTable::Class> values;
    Separated separated;
    for (std::size_t c = 0; c < classes.size(); ++c)
        values.push_back(class_auc(scores, labels, c, classes.size(), classes[c], separated));
    return metric_table("auc", std::move(values));
}

Summary summarise(std::span<const double> values) {
    Summary result;
    result.count = static_cast<std::int64_t>(values.size());
    if (values.empty()) return result;
    for (const double value : values) result.mean += value;
    result.mean /= static_cast<double>(values.size());
    if (values.size() == 1) return result;
    double squares = 0;
    for (const double value : values) squares += (value - result.mean) * (value - result.mean);
    result.deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
    return result;
}

} // namespace mlvicx
