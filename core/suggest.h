#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

/// The candidate most likely meant by `word`: the one with the fewest letters inserted, left out, replaced or swapped
/// with their neighbour (ignoring case, - and _), at most three and at most a third of the word's length. Empty if none
/// is that close.
std::string closest(std::string_view word, const std::vector<std::string>& candidates);

/// ` (did you mean "evaluate"?)` for the end of a message, or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

} // namespace mlvicx
