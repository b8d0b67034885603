#pragma once

#include "datasets/image_file.h"

#include <opencv2/core.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace mlvicx {

/// Decodes an 8-bit lossy JPEG (baseline, extended, progressive) to grey u8 [height, width]; of a colour JPEG its luma.
/// OpenCV decodes JPEG too, but keeps to itself what libjpeg warns of: coded pixels that make no sense, too few or too
/// many. Here a warning is an error. `head`: of check_jpeg. Throws UserError beginning with `name`.
cv::Mat decode_jpeg(std::span<const std::uint8_t> bytes, const ImageHead& head, const std::string& name);

} // namespace mlvicx
