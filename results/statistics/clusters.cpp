#include "results/statistics/clusters.h"

#include <unordered_map>

namespace mlvicx {

Clusters clusters_of(std::span<const std::string> patients) {
    Clusters clusters;
    std::unordered_map<std::string, std::uint32_t> numbers;
    for (const auto& patient : patients)
        clusters.of_image.push_back(numbers.emplace(patient, static_cast<std::uint32_t>(numbers.size())).first->second);
    clusters.count = numbers.size();
    return clusters;
}

} // namespace mlvicx
