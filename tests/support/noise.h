#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

namespace mlvicx {

/// The closed formula behind the reference files' inputs: SplitMix64 of (stream, element) as a number in [-1, 1),
/// float64, row by row.
inline torch::Tensor noise(const std::vector<std::int64_t>& shape, std::uint64_t stream) {
    constexpr std::uint64_t gamma = 0x9E3779B97F4A7C15;
    auto result = torch::empty(shape, torch::kFloat64);
    auto* value = result.data_ptr<double>();
    for (std::int64_t j = 0; j < result.numel(); ++j) {
        std::uint64_t x = ((stream << 32) + static_cast<std::uint64_t>(j)) * gamma + gamma;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        x ^= x >> 31;
        value[j] = 2 * (static_cast<double>(x >> 11) * 0x1p-53) - 1;
    }
    return result;
}

/// The largest difference between two tensors of one shape on the CPU, taken in float64.
inline double largest_gap(const torch::Tensor& a, const torch::Tensor& b) {
    return (a.to(torch::kFloat64) - b.to(torch::kFloat64)).abs().max().item<double>();
}

} // namespace mlvicx
