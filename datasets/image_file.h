#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace mlvicx {

/// What an image file is found to be before a decoder sees it.
struct ImageHead {
    std::uint32_t width = 0, height = 0; ///< pixels
};

/// Checks that the bytes are one complete PNG (chunks up to IEND, every CRC) or JPEG (segments up to the end marker) of
/// a size that a chest film can have. Decoders fill what a truncated file lacks with grey and only warn, so
/// completeness is our own check. Throws UserError beginning with `name`: empty, truncated, damaged, too large, DICOM
/// or unknown format.
ImageHead check_image(std::span<const std::uint8_t> bytes, const std::string& name);

} // namespace mlvicx
