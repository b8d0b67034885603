#pragma once

#include "core/json.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mlvicx {

/// A value in one line as people write it: keys in their order, 0.1 and not 1E-1, shortest numbers that read back the
/// same. Hashes are taken of `canonical`, whose spelling of numbers never changes.
std::string readable(const json::value& value);

/// Where in a valid JSON text a key stands that its object had already: the offset of its opening quote. A parser keeps
/// one of the two values and says nothing. Escapes are resolved first.
std::optional<std::size_t> repeated_key(std::string_view text);

} // namespace mlvicx
