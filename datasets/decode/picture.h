#pragma once

#include "datasets/decode/image_file.h"

#include <opencv2/core.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace mlvicx {

/// The pixels of a PNG or JPEG before any scaling, rotated by its EXIF orientation: u8, or u16 with `head.bits` bits,
/// with 1 channel (grey, or the luma of a colour JPEG), 3 (blue, green, red) or 4 (plus alpha). Palettes are resolved.
struct Picture {
    ImageHead head;
    cv::Mat pixels;
};

/// Reads one. Throws UserError beginning with `name`: as check_image, for damaged pixels, or for a kind that is not
/// supported.
Picture read_picture(std::span<const std::uint8_t> bytes, const std::string& name);

/// The palette indices of a PNG that has a palette, u8 [height, width], rotated; 1, 2 and 4 bits are spread over 0 to
/// 255. `head`: from check_image.
cv::Mat palette_positions(std::span<const std::uint8_t> bytes, const ImageHead& head, const std::string& name);

} // namespace mlvicx
