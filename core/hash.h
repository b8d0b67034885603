#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mlvicx {

/// SHA-256 (FIPS 180-4), incremental.
class Sha256 {
public:
    Sha256& add(std::span<const std::byte> data);
    Sha256& add(std::string_view text);
    /// 64 hexadecimal digits; the object is spent.
    std::string hex();

private:
    std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<std::uint8_t, 64> pending_{};
    std::uint64_t length_ = 0; ///< bytes so far
};

std::string sha256(std::string_view text);

} // namespace mlvicx
