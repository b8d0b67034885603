#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace mlvicx {

/// `text` filled with blanks to `width` characters (not bytes: "±" is one).
std::string padded(const std::string& text, std::size_t width);
std::size_t text_width(const std::string& text);

/// As an entry of a Markdown table.
std::string markdown_escaped(const std::string& text);

/// Quoted where it must be.
std::string csv_field(const std::string& text);
/// In full; empty for none.
std::string csv_number(std::optional<double> value);

} // namespace mlvicx
