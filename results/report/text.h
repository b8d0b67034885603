#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace mlvicx {

/// `text` padded with spaces to `width` characters (not bytes: "±" is one).
std::string padded(const std::string& text, std::size_t width);
std::size_t text_width(const std::string& text);

/// Escaped for a cell of a Markdown table.
std::string markdown_escaped(const std::string& text);

/// The width of a page of text for a terminal.
inline constexpr std::size_t terminal_columns = 80;

/// Wrapped into lines of at most `width` characters (longer only for a longer word); no final newline.
std::string wrapped(const std::string& text, std::size_t width);

/// "72.1" for 0.721; "-" for none.
std::string percent(std::optional<double> value);

} // namespace mlvicx
