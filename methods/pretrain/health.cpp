#include "methods/pretrain/health.h"

#include "core/error.h"
#include "methods/pretrain/diagnostics.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace mlvicx {

namespace {

constexpr double alike = 0.1, nearly_alike = 0.4;    // spread
constexpr double shrunk = 0.05, nearly_shrunk = 0.1; // standard deviation
constexpr double line = 1.5;                         // effective rank
constexpr double lost = 0.01, mostly_lost = 0.1;     // fraction of the possible rank
constexpr double exploded = 10;                      // final loss relative to the first epoch's
constexpr double nothing_left = 0.9;                 // fraction of own views found above which nothing is left to learn
constexpr double mostly_dead = 0.1;                  // fraction of dead features worth reporting

double value_of(const EpochRecord& record, const std::string& name) {
    for (const auto& [key, value] : record.values)
        if (key == name) return value;
    throw InternalError("an epoch's record lacks " + name);
}

/// Whether the last epochs have it: those of a checkpoint older than the value lack it.
bool known(const EpochRecord& record, const std::string& name) {
    return std::any_of(record.values.begin(), record.values.end(),
                       [&](const auto& item) { return item.first == name; });
}

std::size_t epochs_at_end(const std::vector<EpochRecord>& records) {
    return std::max<std::size_t>(1, records.size() / 10);
}

std::optional<double> at_end_where_known(const std::vector<EpochRecord>& records, const std::string& name) {
    double sum = 0, count = 0;
    for (auto record = records.end() - static_cast<std::ptrdiff_t>(epochs_at_end(records)); record != records.end();
         ++record)
        if (known(*record, name)) {
            sum += value_of(*record, name);
            ++count;
        }
    return count > 0 ? std::optional(sum / count) : std::nullopt;
}

/// Mean over the last tenth of the epochs.
double at_end(const std::vector<EpochRecord>& records, const std::string& name) {
    const auto count = epochs_at_end(records);
    double sum = 0;
    for (auto record = records.end() - static_cast<std::ptrdiff_t>(count); record != records.end(); ++record)
        sum += value_of(*record, name);
    return sum / static_cast<double>(count);
}

/// One minus the largest variance term; NaN if one is NaN.
double deviation_at_end(const std::vector<EpochRecord>& records) {
    double deviation = 1;
    for (const auto& [name, value] : records.back().values) {
        if (name != "variance" && !name.ends_with("_variance")) continue;
        const double found = 1 - at_end(records, name);
        if (!(found >= deviation)) deviation = found;
    }
    return deviation;
}

/// Two standard errors of a fraction `share` of `images`.
double noise_of(double share, double images) {
    return 2 * std::sqrt(share * (1 - share) / images);
}

/// Whether embeddings match own second views no better than before training, or features match them worse.
bool not_aligned(double nearest, double images, const std::optional<FixedBatchHealth>& fixed) {
    const double before = std::max(1 / images, fixed ? fixed->initial_nearest : 0);
    if (nearest < std::min(nothing_left, before + noise_of(before, images))) return true;
    if (!fixed) return false;
    const double features = fixed->initial_feature_nearest;
    return fixed->features.nearest < features - noise_of(features, images);
}

Health verdict_of(const HealthReport& report, double first_loss, double last_loss, bool aligned) {
    const bool finite = std::isfinite(last_loss) && std::isfinite(report.spread) &&
                        std::isfinite(report.effective_rank) && std::isfinite(report.deviation);
    if (!finite || (first_loss > 0 && last_loss >= exploded * first_loss)) return Health::diverged;
    const bool on_a_line = report.rank_share < 1 && report.effective_rank < line;
    if (report.deviation < shrunk || report.spread < alike || report.rank_share < lost || on_a_line)
        return Health::collapsed;
    if (!aligned) return Health::not_learned;
    if (report.deviation < nearly_shrunk || report.spread < nearly_alike || report.rank_share < mostly_lost)
        return Health::partly_collapsed;
    return Health::healthy;
}

} // namespace

FeatureHealth feature_health(const FixedBatch& fixed, Encoder& encoder, Precision precision) {
    const auto [first, second] = fixed.features(encoder);
    const auto varying = varying_features(torch::cat({first, second}), precision).to(torch::kFloat64);
    return {alignment_of(first, second).nearest, 1 - varying.mean().item<double>()};
}

HealthReport health_of(const std::vector<EpochRecord>& records, const std::optional<FixedBatchHealth>& fixed) {
    ensure(!records.empty(), "the health of a pre-training needs an epoch");
    const double dimensions = value_of(records.back(), "dimensions");
    const double possible = std::min(dimensions, value_of(records.back(), "embeddings"));
    const double first_loss = value_of(records.front(), "loss"), last_loss = at_end(records, "loss");
    HealthReport report;
    report.spread = at_end(records, "embedding_std") * std::sqrt(dimensions);
    report.effective_rank = at_end(records, "effective_rank");
    report.rank_share = possible < 2 ? 1 : (report.effective_rank - 1) / (possible - 1);
    report.deviation = deviation_at_end(records);
    report.correlation = at_end_where_known(records, "view_correlation");
    report.nearest = at_end_where_known(records, "nearest_view");
    const double images = at_end_where_known(records, "aligned_images").value_or(0);
    const bool unaligned = report.nearest && not_aligned(*report.nearest, images, fixed);
    report.verdict = verdict_of(report, first_loss, last_loss, !unaligned);
    report.reason = fmt::format("effective rank {:.3g}, {:.2g} % of the possible {:g}; spread {:.2g}",
                                report.effective_rank, 100 * report.rank_share, possible, report.spread);
    if (report.deviation < nearly_shrunk) report.reason += fmt::format("; standard deviation {:.2g}", report.deviation);
    if (report.nearest) report.reason += fmt::format("; own view nearest {:.0f} %", 100 * *report.nearest);
    if (fixed) {
        report.reason +=
            fmt::format(" (before {:.0f} %), by features {:.0f} % (before {:.0f} %)", 100 * fixed->initial_nearest,
                        100 * fixed->features.nearest, 100 * fixed->initial_feature_nearest);
        if (fixed->backbone)
            report.reason += fmt::format(", without context bottlenecks {:.0f} %", 100 * fixed->backbone->nearest);
        if (fixed->features.dead_share > mostly_dead)
            report.reason += fmt::format("; {:.0f} % of the features are dead", 100 * fixed->features.dead_share);
    }
    if (report.verdict == Health::diverged)
        report.reason =
            fmt::format("loss {:.3g} at the end, {:.3g} in the first epoch; {}", last_loss, first_loss, report.reason);
    return report;
}

const char* name_of(Health health) {
    switch (health) {
    case Health::healthy:
        return "healthy";
    case Health::partly_collapsed:
        return "partly collapsed";
    case Health::not_learned:
        return "not learned";
    case Health::collapsed:
        return "collapsed";
    case Health::diverged:
        return "diverged";
    }
    return "?";
}

} // namespace mlvicx
