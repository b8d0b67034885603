#pragma once

#include "datasets/decode/image_file.h"

#include <opencv2/core.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace mlvicx {

/// Decodes an 8-bit lossy JPEG (baseline, extended, progressive) to grey u8 [height, width]: colours become luma, and
/// four inks (CMYK, YCCK) the luma of the colours that they give on white. OpenCV decodes JPEG too, but hides libjpeg's
/// warnings about coded pixels that are invalid, too few or too many. Here such a warning is an error. `head`: from
/// check_jpeg. Throws UserError beginning with `name`: damaged, or of a kind that libjpeg does not read.
cv::Mat decode_jpeg(std::span<const std::uint8_t> bytes, const ImageHead& head, const std::string& name);

} // namespace mlvicx
