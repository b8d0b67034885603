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

/// In lines of at most `width` characters, where no word is longer; without a line's end behind the last.
std::string wrapped(const std::string& text, std::size_t width);

/// "72.1" for 0.721; "-" for none.
std::string percent(std::optional<double> value);

} // namespace mlvicx
