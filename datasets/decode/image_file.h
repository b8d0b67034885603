#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace mlvicx {

/// What is known about an image file before a decoder sees it.
struct ImageHead {
    std::uint32_t width = 0, height = 0;    ///< pixels
    std::uint32_t bits = 0, components = 0; ///< bits per component, and number of components; a palette index is one
    std::uint8_t frame = 0;                 ///< JPEG: the frame header's marker, C0 baseline .. F7 JPEG-LS; else 0
    bool palette = false;                   ///< PNG: pixels are indices into a table of colours
    std::uint32_t significant = 0;          ///< PNG: significant bits per component (sBIT); 0: not given
    int orientation = 1;                    ///< EXIF, see exif.h; width and height are those before rotation
    bool sign = false;                      ///< JPEG 2000: values are signed
};

/// Checks that the bytes are one complete PNG (chunks up to IEND, every CRC) or JPEG (segments up to the end marker) of
/// a plausible size for a chest X-ray. Decoders fill the missing part of a truncated file with grey and only warn, so
/// completeness is checked here. Throws UserError beginning with `name`: empty, truncated, damaged, too large or of an
/// unknown format.
ImageHead check_image(std::span<const std::uint8_t> bytes, const std::string& name);

/// The same checks for pictures inside DICOM files: a JPEG of any process or a JPEG-LS (they share their markers), and
/// a JPEG 2000 code stream with one image that begins at the origin of its grid (tile parts up to the end marker).
ImageHead check_jpeg(std::span<const std::uint8_t> bytes, const std::string& name);
ImageHead check_jpeg2000(std::span<const std::uint8_t> bytes, const std::string& name);

/// The code stream inside a JP2 file (ISO/IEC 15444-1, annex I), which some writers put into DICOM as a whole; bytes
/// that are not a JP2 file are returned unchanged. Throws UserError if the file has no code stream, or a colour
/// palette.
std::span<const std::uint8_t> jpeg2000_stream(std::span<const std::uint8_t> bytes, const std::string& name);

/// Throws UserError if the size is impossible for a chest X-ray.
void check_size(const ImageHead& head, const std::string& name);

} // namespace mlvicx
