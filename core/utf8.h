#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mlvicx {

/// Position of the first byte that is no part of well-formed UTF-8 (RFC 3629: shortest forms, no surrogates, nothing
/// above U+10FFFF); none where all of it is.
std::optional<std::size_t> invalid_utf8(std::string_view text);

/// The text with each byte that is not UTF-8 written as `escape` and two digits, \xE9: fit for metadata and terminals.
/// Names of files may hold any bytes. Within a JSON text a backslash is written as two.
std::string printable_utf8(std::string_view text, std::string_view escape = "\\x");

/// The first `bytes` of the text, or some less where they would end within a character.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes);

/// Text from UTF-16 without a byte-order mark; none where a surrogate stands alone or half a unit is left over.
std::optional<std::string> utf8_from_utf16(std::string_view bytes, bool little_endian);

} // namespace mlvicx
