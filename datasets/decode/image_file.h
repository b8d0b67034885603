#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace mlvicx {

/// What an image file is found to be before a decoder sees it.
struct ImageHead {
    std::uint32_t width = 0, height = 0;    ///< pixels
    std::uint32_t bits = 0, components = 0; ///< of a pixel's component, and how many; a palette's position is one
    std::uint8_t frame = 0;                 ///< JPEG: the frame header's marker, C0 baseline .. F7 JPEG-LS; else 0
    bool palette = false;                   ///< PNG: pixels are positions in a table of colours
    std::uint32_t significant = 0;          ///< PNG: how many bits of a component mean something (sBIT); 0: not said
    int orientation = 1;                    ///< EXIF, see exif.h; width and height are those before turning
    bool sign = false;                      ///< JPEG 2000: its values have one
};

/// Checks that the bytes are one complete PNG (chunks up to IEND, every CRC) or JPEG (segments up to the end marker) of
/// a size that a chest X-ray can have. Decoders fill what a truncated file lacks with grey and only warn, so
/// completeness is our own check. Throws UserError beginning with `name`: empty, truncated, damaged, too large or of an
/// unknown format.
ImageHead check_image(std::span<const std::uint8_t> bytes, const std::string& name);

/// The parts of the above for pictures inside DICOM files: a JPEG of any process or a JPEG-LS (which share their
/// markers), and a JPEG 2000 code stream of one image that begins at its grid's origin (tile parts up to the end
/// marker).
ImageHead check_jpeg(std::span<const std::uint8_t> bytes, const std::string& name);
ImageHead check_jpeg2000(std::span<const std::uint8_t> bytes, const std::string& name);

/// The code stream inside a JP2 file (ISO/IEC 15444-1, annex I), which some writers put whole into DICOM; bytes that
/// are no JP2 file as they are. Throws UserError where it holds no code stream, or colours in a palette.
std::span<const std::uint8_t> jpeg2000_stream(std::span<const std::uint8_t> bytes, const std::string& name);

/// Throws UserError where no chest X-ray has this size.
void check_size(const ImageHead& head, const std::string& name);

} // namespace mlvicx
