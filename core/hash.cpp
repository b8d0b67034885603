#include "core/hash.h"

#include "core/sha256_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace mlvicx {

Sha256& Sha256::add(std::span<const std::byte> data) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(data.data());
    std::size_t left = data.size();
    std::size_t filled = length_ % 64;
    length_ += left;
    while (left > 0) {
        if (filled == 0 && left >= 64) {
            const std::size_t whole = left / 64;
            sha256_blocks(state_.data(), bytes, whole);
            bytes += 64 * whole, left -= 64 * whole;
            continue;
        }
        const std::size_t taken = std::min(left, 64 - filled);
        std::memcpy(pending_.data() + filled, bytes, taken);
        bytes += taken, left -= taken, filled += taken;
        if (filled == 64) {
            sha256_blocks(state_.data(), pending_.data(), 1);
            filled = 0;
        }
    }
    return *this;
}

Sha256& Sha256::add(std::string_view text) {
    return add(std::as_bytes(std::span(text.data(), text.size())));
}

std::string Sha256::hex() {
    const std::uint64_t bits = length_ * 8;
    const std::size_t zeros = (119 - length_ % 64) % 64; // so that 0x80, zeros and the length end a block
    std::array<std::uint8_t, 72> padding{0x80};
    for (int i = 0; i < 8; ++i) padding[1 + zeros + i] = static_cast<std::uint8_t>(bits >> (56 - 8 * i));
    add(std::as_bytes(std::span(padding.data(), 9 + zeros)));
    std::string text;
    for (const std::uint32_t word : state_) text += fmt::format("{:08x}", word);
    return text;
}

std::string sha256(std::string_view text) {
    return Sha256().add(text).hex();
}

} // namespace mlvicx
