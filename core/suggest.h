#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

/// The candidate that somebody who wrote `word` most likely meant: the one with the fewest letters inserted, left out,
/// replaced or swapped with their neighbour (case, - and _ do not count), at most a third of the word's length and
/// three. Empty where none is that near.
std::string closest(std::string_view word, const std::vector<std::string>& candidates);

/// ` (did you mean "evaluate"?)` for the end of a message, or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

} // namespace mlvicx
