#pragma once

#include "datasets/decode/image_file.h"
#include "datasets/dicom/syntax.h"

#include <opencv2/core.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace mlvicx {

/// Decodes one picture of lossless or 12-bit JPEG, JPEG-LS or JPEG 2000 by GDCM's decoders: u8 or u16 [height, width],
/// values with a sign as their bit pattern. `head` is what check_jpeg or check_jpeg2000 found in it, one component of
/// 16 bits at most: the decoders trust it. Throws UserError beginning with `name` where it is damaged, and where this
/// build has no GDCM.
cv::Mat decode_by_gdcm(Coding coding, std::span<const std::uint8_t> coded, const ImageHead& head,
                       const std::string& name);

/// What a build without GDCM says where it meets what takes GDCM.
[[noreturn]] void without_gdcm(const std::string& name);

} // namespace mlvicx
