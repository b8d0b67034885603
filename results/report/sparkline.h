#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace mlvicx {

/// A curve as one line of text, "▇▅▃▂▁", from its lowest to its highest value; with more values than `width` each
/// character is the mean of its part. Values that are not finite are blanks; empty without values.
std::string sparkline(std::span<const double> values, std::size_t width);

} // namespace mlvicx
