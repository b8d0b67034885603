#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

/// A table's or list's text in UTF-8, without a byte-order mark; UTF-16 with its mark is converted, and said. Every
/// text that comes into a dataset comes through here, so that nothing else is ever stored. Throws UserError naming the
/// file and what it is where it is no text (an Excel workbook, JSON, HTML, ...), and the row and the byte that is not
/// UTF-8 (Latin-1, Windows-1252): which characters were meant cannot be known. `expected` ends the message.
std::string read_utf8(const std::filesystem::path& file, std::string_view expected = "a CSV table in UTF-8");

/// The names of a list file, one a line (LF, CRLF or CR), without blanks and folders ("images/A.png" is A.png); blank
/// lines are passed over. Throws UserError as read_utf8.
std::vector<std::string> read_names(const std::filesystem::path& file);

/// Text without blanks at its ends.
std::string_view trimmed(std::string_view text);

/// The whole text, without blanks at its ends, as a finite number; none where it is anything else.
std::optional<double> number_from(std::string_view text);

/// In small letters (A to Z alone).
std::string lower(std::string_view text);

/// "a, b, c and 4 more": at most `shown` of the names.
std::string first_of(const std::vector<std::string>& names, std::size_t shown = 5);

} // namespace mlvicx
