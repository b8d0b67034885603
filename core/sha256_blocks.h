#pragma once

#include <cstddef>
#include <cstdint>

namespace mlvicx {

/// Adds `count` blocks of 64 bytes to the state of a SHA-256 (FIPS 180-4, 6.2.2), a to h. Uses the processor's SHA
/// instructions if it has them (1 to 2 GB/s per core; otherwise 0.3 GB/s).
void sha256_blocks(std::uint32_t* state, const std::uint8_t* data, std::size_t count);

/// The same without these instructions.
void sha256_blocks_portable(std::uint32_t* state, const std::uint8_t* data, std::size_t count);

} // namespace mlvicx
