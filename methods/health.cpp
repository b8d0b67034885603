#include "methods/health.h"

#include "core/error.h"

#include <algorithm>
#include <cmath>

namespace mlvicx {

namespace {

constexpr double alike = 0.1, nearly_alike = 0.4;    // spread
constexpr double shrunk = 0.05, nearly_shrunk = 0.1; // deviation
constexpr double line = 1.5;                         // effective rank
constexpr double lost = 0.01, mostly_lost = 0.1;     // share of the possible rank
constexpr double exploded = 10;                      // loss over the first epoch's

double value_of(const EpochRecord& record, const std::string& name) {
    for (const auto& [key, value] : record.values)
        if (key == name) return value;
    throw InternalError("an epoch's record lacks " + name);
}

/// Mean over the last tenth of the epochs.
double at_end(const std::vector<EpochRecord>& records, const std::string& name) {
    const auto count = std::max<std::size_t>(1, records.size() / 10);
    double sum = 0;
    for (auto record = records.end() - static_cast<std::ptrdiff_t>(count); record != records.end(); ++record)
        sum += value_of(*record, name);
    return sum / static_cast<double>(count);
}

/// One minus the largest variance term; NaN where one is.
double deviation_at_end(const std::vector<EpochRecord>& records) {
    double deviation = 1;
    for (const auto& [name, value] : records.back().values) {
        if (name != "variance" && !name.ends_with("_variance")) continue;
        const double found = 1 - at_end(records, name);
        if (!(found >= deviation)) deviation = found;
    }
    return deviation;
}

Health verdict_of(const HealthReport& report, double first_loss, double last_loss) {
    const bool finite = std::isfinite(last_loss) && std::isfinite(report.spread) &&
                        std::isfinite(report.effective_rank) && std::isfinite(report.deviation);
    if (!finite || (first_loss > 0 && last_loss >= exploded * first_loss)) return Health::diverged;
    const bool on_a_line = report.rank_share < 1 && report.effective_rank < line;
    if (report.deviation < shrunk || report.spread < alike || report.rank_share < lost || on_a_line)
        return Health::collapsed;
    if (report.deviation < nearly_shrunk || report.spread < nearly_alike || report.rank_share < mostly_lost)
        return Health::partly_collapsed;
    return Health::healthy;
}

} // namespace

HealthReport health_of(const std::vector<EpochRecord>& records) {
    ensure(!records.empty(), "the health of a pre-training needs an epoch");
    const double dimensions = value_of(records.back(), "dimensions");
    const double possible = std::min(dimensions, value_of(records.back(), "embeddings"));
    const double first_loss = value_of(records.front(), "loss"), last_loss = at_end(records, "loss");
    HealthReport report;
    report.spread = at_end(records, "embedding_std") * std::sqrt(dimensions);
    report.effective_rank = at_end(records, "effective_rank");
    report.rank_share = possible < 2 ? 1 : (report.effective_rank - 1) / (possible - 1);
    report.deviation = deviation_at_end(records);
    report.verdict = verdict_of(report, first_loss, last_loss);
    report.reason = fmt::format("effective rank {:.3g}, {:.2g} % of the possible {:g}; spread {:.2g}",
                                report.effective_rank, 100 * report.rank_share, possible, report.spread);
    if (report.deviation < nearly_shrunk) report.reason += fmt::format("; deviation {:.2g}", report.deviation);
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
    case Health::collapsed:
        return "collapsed";
    case Health::diverged:
        return "diverged";
    }
    return "?";
}

} // namespace mlvicx
