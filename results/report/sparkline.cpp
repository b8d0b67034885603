#include "results/report/sparkline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace mlvicx {

namespace {

constexpr std::array<const char*, 8> levels = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

/// The means of the finite values of `count` parts of about equal length; NaN if a part has none.
std::vector<double> means_of_parts(std::span<const double> values, std::size_t count) {
    std::vector<double> means;
    for (std::size_t part = 0; part < count; ++part) {
        double sum = 0, finite = 0;
        for (std::size_t i = part * values.size() / count; i < (part + 1) * values.size() / count; ++i)
            if (std::isfinite(values[i])) {
                sum += values[i];
                ++finite;
            }
        means.push_back(finite > 0 ? sum / finite : std::numeric_limits<double>::quiet_NaN());
    }
    return means;
}

} // namespace

std::string sparkline(std::span<const double> values, std::size_t width) {
    const auto means = means_of_parts(values, std::min(values.size(), width));
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const double mean : means)
        if (!std::isnan(mean)) {
            low = std::min(low, mean);
            high = std::max(high, mean);
        }
    std::string line;
    for (const double mean : means) {
        if (std::isnan(mean)) {
            line += ' ';
            continue;
        }
        const double height = high > low ? (mean - low) / (high - low) : 0;
        line += levels[static_cast<std::size_t>(std::lround(height * (levels.size() - 1)))];
    }
    return line;
}

} // namespace mlvicx
