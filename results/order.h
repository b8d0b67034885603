#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace mlvicx {

/// Position of `name` in the order of first appearance; `seen` takes it up where it is new.
inline std::size_t order_of(std::vector<std::string>& seen, const std::string& name) {
    const auto found = std::find(seen.begin(), seen.end(), name);
    if (found != seen.end()) return static_cast<std::size_t>(found - seen.begin());
    seen.push_back(name);
    return seen.size() - 1;
}

} // namespace mlvicx
