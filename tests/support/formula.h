#pragma once

#include "core/json.h"
#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include <torch/types.h>

#include <cmath>
#include <string>
#include <vector>

namespace mlvicx {

using Catch::Matchers::WithinRel; // the same in Catch2 2 and 3

/// The reference files' parameters: sqrt(6/fan_in) noise for weights with several dimensions, 1 + 0.1 noise for a
/// norm's scale, 0.05 noise for a bias. `name` ends in "weight" or "bias".
inline torch::Tensor formula_parameter(const std::string& name, const std::vector<std::int64_t>& shape,
                                       std::uint64_t stream) {
    auto value = noise(shape, stream);
    if (shape.size() > 1)
        return value * std::sqrt(6.0 * static_cast<double>(shape[0]) / static_cast<double>(value.numel()));
    return name.back() == 't' ? 1 + 0.1 * value : 0.05 * value;
}

inline std::vector<std::int64_t> integers(const json::value& list) {
    return json::value_to<std::vector<std::int64_t>>(list);
}

inline torch::Tensor numbers(const json::value& list) {
    return torch::tensor(json::value_to<std::vector<double>>(list), torch::kFloat64);
}

/// Largest difference relative to the largest expected value.
inline double relative_error(const torch::Tensor& value, const torch::Tensor& expected) {
    return ((value - expected).abs().max() / expected.abs().max()).item<double>();
}

} // namespace mlvicx
