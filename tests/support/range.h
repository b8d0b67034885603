#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

namespace mlvicx {

/// begin, begin + 1, ..., end - 1.
inline std::vector<std::int64_t> range(std::int64_t begin, std::int64_t end) {
    std::vector<std::int64_t> result(static_cast<std::size_t>(end - begin));
    std::iota(result.begin(), result.end(), begin);
    return result;
}

} // namespace mlvicx
