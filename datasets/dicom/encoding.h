#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mlvicx {

/// How data elements are encoded: explicit or implicit value representations, little or big endian (PS3.5, 7.1 and
/// 7.3).
struct DicomEncoding {
    bool explicit_vr = true, big_endian = false;
};

/// The two letters at `at`, which must exist.
std::string_view dicom_letters(std::span<const std::uint8_t> bytes, std::size_t at);

/// Whether these letters are a value representation, and whether it has a four-byte length (PS3.5, table 7.1-1).
bool is_vr(std::string_view letters);
bool is_long_vr(std::string_view letters);

/// Whether the first data elements fit this encoding: ascending tags, known value representations, lengths within
/// bounds. A few elements are enough to tell the encodings apart; empty data fit no encoding.
bool looks_encoded(std::span<const std::uint8_t> bytes, DicomEncoding encoding);

} // namespace mlvicx
