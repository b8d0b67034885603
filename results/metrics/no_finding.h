#pragma once

namespace mlvicx {

/// NIH's fifteenth label, which some published work counts as a class.
inline constexpr const char* no_finding = "No Finding";

} // namespace mlvicx
