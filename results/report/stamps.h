#pragma once

#include "core/json.h"

#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

/// Stamps: what a figure must say of itself wherever it is shown, because it cannot be compared with others. An
/// evaluation stores them by name in `details.stamps`; tables mark the figure and explain the mark, CSVs name the
/// stamp.
using Stamps = std::vector<std::string>;

namespace stamp {
inline constexpr const char* test_as_published = "test_as_published"; ///< chosen on the test images
inline constexpr const char* shared_patients = "shared_patients";     ///< patients are in two splits
} // namespace stamp

/// The stamps of an evaluation with these details, in the order of the table of stamps; those of a later release keep
/// their names.
Stamps stamps_in(const json::object& details);
/// The same from the JSON list as text; empty text: none.
Stamps stamps_from(std::string_view list);
/// Those of either.
Stamps united(const Stamps& one, const Stamps& other);

/// "§ ‡"; empty without stamps.
std::string marks_of(const Stamps& stamps);
/// "chosen on the test images".
std::string words_of(const std::string& stamp);
/// A sentence that begins with the mark.
std::string stamp_legend(const std::string& stamp);
/// For a CSV: the names, separated by spaces.
std::string stamp_names(const Stamps& stamps);

} // namespace mlvicx
