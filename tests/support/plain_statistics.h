#pragma once

#include "core/random.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// Statistics by definition, for tests that recompute reported figures. NaN: undefined.
namespace plain {

/// Mean of the defined values; NaN if there are none.
inline double mean(const std::vector<double>& values) {
    double sum = 0, count = 0;
    for (const double value : values)
        if (!std::isnan(value)) {
            sum += value;
            ++count;
        }
    return sum / count;
}

/// Standard deviation (n - 1).
inline double deviation(const std::vector<double>& values) {
    double squares = 0;
    for (const double value : values) squares += (value - mean(values)) * (value - mean(values));
    return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

/// Ends of the 95 % percentile interval of the defined values.
inline std::pair<double, double> ends(std::vector<double> values) {
    values.erase(std::remove_if(values.begin(), values.end(), [](double v) { return std::isnan(v); }), values.end());
    std::sort(values.begin(), values.end());
    const auto at = [&](double share) {
        const double position = share * static_cast<double>(values.size() - 1);
        const auto low = static_cast<std::size_t>(std::floor(position)),
                   high = static_cast<std::size_t>(std::ceil(position));
        return values[low] * (1 - (position - std::floor(position))) + values[high] * (position - std::floor(position));
    };
    return {at(0.025), at(0.975)};
}

/// The images of each of the report's 1,000 resamples of patients.
inline std::vector<std::vector<std::size_t>> resampled_images(const std::vector<std::string>& patient_of) {
    std::vector<std::string> order;
    for (const auto& patient : patient_of)
        if (std::find(order.begin(), order.end(), patient) == order.end()) order.push_back(patient);
    std::vector<std::vector<std::size_t>> result(1000);
    for (std::uint32_t r = 0; r < 1000; ++r) {
        mlvicx::Random random(0, mlvicx::Purpose::bootstrap, 0, r);
        for (std::size_t draw = 0; draw < order.size(); ++draw) {
            const auto& patient = order[random.below(static_cast<std::uint32_t>(order.size()))];
            for (std::size_t image = 0; image < patient_of.size(); ++image)
                if (patient_of[image] == patient) result[r].push_back(image);
        }
    }
    return result;
}

} // namespace plain
