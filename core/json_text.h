#pragma once

#include "core/json.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mlvicx {

/// A value on one line as people write it: keys in their original order, 0.1 rather than 1E-1, shortest numbers that
/// read back the same. For hashes use `canonical`, whose number format never changes.
std::string readable(const json::value& value);

/// The offset of the opening quote of the first key in a valid JSON text that repeats an earlier key of the same
/// object. (A parser silently keeps one of the two values.) Escapes are resolved before keys are compared.
std::optional<std::size_t> repeated_key(std::string_view text);

} // namespace mlvicx
