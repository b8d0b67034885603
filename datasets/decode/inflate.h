#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// Inflates a raw deflate stream (RFC 1951) with zlib; the stream must be complete. Throws UserError beginning with
/// `name` if it is truncated, damaged or inflates to more than `largest` bytes.
std::vector<std::uint8_t> inflate_raw(std::span<const std::uint8_t> bytes, std::size_t largest,
                                      const std::string& name);

/// CRC-32 of ISO 3309, as used in PNG.
std::uint32_t crc32_of(std::span<const std::uint8_t> bytes);

} // namespace mlvicx
