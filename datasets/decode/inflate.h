#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

/// Inflates a raw deflate stream (RFC 1951) with zlib; the stream must be complete. Throws UserError beginning with
/// `name` if it is truncated, damaged or inflates to more than `largest` bytes.
std::vector<std::uint8_t> inflate_raw(std::span<const std::uint8_t> bytes, std::size_t largest,
                                      const std::string& name);

/// Whether the bytes begin as a gzip file does (RFC 1952).
bool is_gzip(std::string_view bytes);
/// The content of a gzip file, of one member or several; checksums and lengths are verified. Throws UserError beginning
/// with `name` if it is truncated or damaged, or expands to more than 256 MiB and 200 times its size.
std::string gunzip(std::string_view bytes, const std::string& name);
/// A gzip file with this content, without name and time: the same content gives the same bytes.
std::string gzip(std::string_view content);

/// CRC-32 of ISO 3309, as used in PNG.
std::uint32_t crc32_of(std::span<const std::uint8_t> bytes);

} // namespace mlvicx
