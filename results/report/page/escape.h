#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mlvicx {

/// For the text and the attributes of HTML. Bytes that are not UTF-8, and control characters, become "\xE9".
std::string html_escaped(std::string_view text);
/// For LaTeX with pdflatex. A character that its fonts lack becomes "[U+4E2D]".
std::string latex_escaped(std::string_view text);
std::string base64(std::string_view bytes);
/// A file's or an anchor's name: lower-case letters, digits and single "-", at most 80; "x" if nothing is left.
std::string file_stem(std::string_view text);

} // namespace mlvicx
