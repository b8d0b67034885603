#include "methods/optimizer/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mlvicx {

void fields(Fields& f, ScheduleOptions& options) {
    f.field("warmup_epochs", options.warmup_epochs, at_least(0));
    f.field("final_factor", options.final_factor, between(0, 1));
    f.field("cosine_over_all", options.cosine_over_all);
}

double warmup_cosine(std::int64_t step, std::int64_t total, std::int64_t warmup, const ScheduleOptions& options) {
    if (step < warmup) return static_cast<double>(step) / static_cast<double>(warmup);
    const auto length = std::max<std::int64_t>(options.cosine_over_all ? total : total - warmup, 1);
    const double progress = std::min(1.0, static_cast<double>(step - warmup) / static_cast<double>(length));
    const double share = (1 + std::cos(std::numbers::pi * progress)) / 2;
    return share + options.final_factor * (1 - share);
}

double warm_restarts(std::int64_t epoch, std::int64_t first, std::int64_t factor) {
    std::int64_t length = first;
    for (; epoch >= length; length *= factor) epoch -= length;
    return (1 + std::cos(std::numbers::pi * static_cast<double>(epoch) / static_cast<double>(length))) / 2;
}

double momentum_rate(double start, double progress) {
    return 1 - (1 - start) * (std::cos(std::numbers::pi * progress) + 1) / 2;
}

} // namespace mlvicx
