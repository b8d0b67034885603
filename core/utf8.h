#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mlvicx {

/// Offset of the first byte that is not part of well-formed UTF-8 (RFC 3629: shortest forms, no surrogates, nothing
/// above U+10FFFF); none if all of the text is well-formed.
std::optional<std::size_t> invalid_utf8(std::string_view text);

/// The text with each byte that is not UTF-8 written as `escape` and two digits, `\xE9`: safe for metadata and
/// terminals. (File names may hold any bytes.) Inside JSON text, pass a double backslash.
std::string printable_utf8(std::string_view text, std::string_view escape = "\\x");

/// The first `bytes` of the text, or slightly fewer so as not to split a character.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes);

/// Converts UTF-16 without a byte-order mark; none if a surrogate is unpaired or half a unit is left over.
std::optional<std::string> utf8_from_utf16(std::string_view bytes, bool little_endian);

} // namespace mlvicx
