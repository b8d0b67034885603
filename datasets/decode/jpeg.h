#pragma once

#include "datasets/decode/image_file.h"

#include <opencv2/core.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace mlvicx {

/// Decodes an 8-bit lossy JPEG (baseline, extended, progressive) to grey u8 [height, width]: of colours their luma, of
/// four inks (CMYK, YCCK) that of the colours that they give on white. OpenCV decodes JPEG too, but keeps to itself
/// what libjpeg warns of: coded pixels that make no sense, too few or too many. Here such a warning is an error.
/// `head`: of check_jpeg. Throws UserError beginning with `name`: damaged, or of a kind that libjpeg does not read.
cv::Mat decode_jpeg(std::span<const std::uint8_t> bytes, const ImageHead& head, const std::string& name);

} // namespace mlvicx
