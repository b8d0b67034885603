#pragma once

#include "datasets/decode/image_file.h"

#include <opencv2/core.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace mlvicx {

/// A PNG or JPEG's pixels before anything is scaled, turned as its EXIF orientation says: u8, or u16 of `head.bits`
/// bits, of 1 channel (grey; of a colour JPEG its luma), 3 (blue, green, red) or 4 (and alpha). A palette is looked up.
struct Picture {
    ImageHead head;
    cv::Mat pixels;
};

/// Reads one. Throws UserError beginning with `name`: as check_image, damaged pixels, or of a kind that is not read.
Picture read_picture(std::span<const std::uint8_t> bytes, const std::string& name);

/// The positions in the palette of a PNG that has one, u8 [height, width], turned; 1, 2 and 4 bits are spread over 0 to
/// 255. `head`: of check_image.
cv::Mat palette_positions(std::span<const std::uint8_t> bytes, const ImageHead& head, const std::string& name);

} // namespace mlvicx
