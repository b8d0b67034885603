#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// Which images belong together because they are of one patient: what is resampled, and what is independent.
struct Clusters {
    std::vector<std::uint32_t> of_image; ///< the image's cluster, numbered in the order of first appearance
    std::size_t count = 0;
};

Clusters clusters_of(std::span<const std::string> patients);

} // namespace mlvicx
