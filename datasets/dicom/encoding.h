#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mlvicx {

/// How data elements lie in bytes: with their value representations or without, the lowest byte of a number first or
/// last (PS3.5, 7.1 and 7.3).
struct DicomEncoding {
    bool explicit_vr = true, big_endian = false;
};

/// The two letters at `at`, which must be there.
std::string_view dicom_letters(std::span<const std::uint8_t> bytes, std::size_t at);

/// Whether these letters are a value representation, and one whose length has four bytes (PS3.5, table 7.1-1).
bool is_vr(std::string_view letters);
bool is_long_vr(std::string_view letters);

/// Whether the first data elements can lie so: ascending tags, known value representations, lengths that stay inside.
/// A few elements tell the encodings apart with certainty; nothing at all looks like none.
bool looks_encoded(std::span<const std::uint8_t> bytes, DicomEncoding encoding);

} // namespace mlvicx
