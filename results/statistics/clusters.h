#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// Groups images by patient: patients are what is resampled, and what is independent.
struct Clusters {
    std::vector<std::uint32_t> of_image; ///< each image's cluster, numbered by first appearance
    std::size_t count = 0;
};

Clusters clusters_of(std::span<const std::string> patients);

} // namespace mlvicx
