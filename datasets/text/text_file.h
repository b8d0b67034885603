#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

/// Reads the text of a table or list as UTF-8, without a byte-order mark; UTF-16 with a byte-order mark is converted,
/// which is logged. A file compressed with gzip, whatever its name, is read as its content. All text that enters a
/// dataset is read here, so only UTF-8 is ever stored. Throws UserError naming the file and what it is if it is not a
/// text table (an Excel workbook, JSON, HTML, ...), and the row and the byte that is not UTF-8 (Latin-1, Windows-1252):
/// the intended characters are unknown. `expected` ends the message. Throws UserError for gzip data that is truncated
/// or damaged.
std::string read_utf8(const std::filesystem::path& file, std::string_view expected = "a CSV table in UTF-8");

/// The names in a list file, one per line (LF, CRLF or CR), without whitespace and folders ("images/A.png" is A.png);
/// blank lines are skipped. Throws UserError as read_utf8.
std::vector<std::string> read_names(const std::filesystem::path& file);

/// Text without surrounding whitespace.
std::string_view trimmed(std::string_view text);

/// The whole text, without surrounding whitespace, as a finite number; none if it is anything else.
std::optional<double> number_from(std::string_view text);

/// In lower case (only A to Z).
std::string lower(std::string_view text);

/// Only its letters and digits, in lower case: "Patient ID", "patient_id" and "PatientID" become the same.
std::string plain_name(std::string_view text);

/// "a, b, c and 4 more": at most `shown` of the names.
std::string first_of(const std::vector<std::string>& names, std::size_t shown = 5);

} // namespace mlvicx
