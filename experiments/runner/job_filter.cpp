#include "experiments/runner/job_filter.h"

#include "core/error.h"
#include "core/suggest.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace mlvicx {

JobFilter::JobFilter(const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        const std::string item = text.substr(at, end - at);
        const std::size_t equals = item.find('=');
        const std::string key = item.substr(0, equals);
        const std::vector<std::string> known = {"kind", "method", "dataset", "protocol", "fraction", "seed", "draw"};
        if (equals == std::string::npos || std::find(known.begin(), known.end(), key) == known.end())
            user_error("--only has \"{}\", expected KEY=VALUE with a key of: {}{}", item, fmt::join(known, ", "),
                       did_you_mean(key, known));
        wanted_[key].push_back(item.substr(equals + 1));
        at = end + 1;
    }
    for (const char* key : {"fraction", "seed", "draw"})
        for (const auto& value : wanted_[key]) {
            double number = 0;
            const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
            if (read.ec != std::errc() || read.ptr != value.data() + value.size())
                user_error("--only has {}={}, expected a number", key, value);
        }
}

bool JobFilter::takes(const JobKey& key) const {
    for (const auto& [name, values] : wanted_) {
        if (values.empty()) continue;
        const bool any = std::any_of(values.begin(), values.end(), [&, &wanted = name](const std::string& value) {
            if (wanted == "kind") return key.kind == value;
            if (wanted == "method") return key.method == value;
            if (wanted == "dataset") return key.dataset == value;
            if (wanted == "protocol") return key.protocol == value;
            if (wanted == "seed") return static_cast<double>(key.seed) == std::stod(value);
            if (wanted == "draw") return key.draw && static_cast<double>(*key.draw) == std::stod(value);
            return std::abs(key.fraction - std::stod(value)) < 1e-9;
        });
        if (!any) return false;
    }
    return true;
}

} // namespace mlvicx
