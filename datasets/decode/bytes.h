#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mlvicx {

/// The number in `count` bytes (up to 4) from `at` on, most significant byte first or last; the bytes must exist.
inline std::uint32_t number_at(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t count,
                               bool big_endian) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes[at + (big_endian ? i : count - 1 - i)];
    return value;
}

/// Whether the bytes from `at` on begin with `text`; false if they end before it does.
inline bool has_text(std::span<const std::uint8_t> bytes, std::size_t at, std::string_view text) {
    return bytes.size() >= at + text.size() &&
           std::equal(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                      [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

} // namespace mlvicx
