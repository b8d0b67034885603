#pragma once

#include "datasets/decode/image_file.h"
#include "datasets/dicom/syntax.h"

#include <opencv2/core.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace mlvicx {

/// Decodes one picture in lossless or 12-bit JPEG, JPEG-LS or JPEG 2000 with GDCM's decoders: u8 or u16 [height,
/// width], signed values as their bit patterns. `head` is the result of check_jpeg or check_jpeg2000, one component of
/// at most 16 bits: the decoders trust it. Throws UserError beginning with `name` if the picture is damaged, and if
/// this build has no GDCM.
cv::Mat decode_by_gdcm(Coding coding, std::span<const std::uint8_t> coded, const ImageHead& head,
                       const std::string& name);

/// The error of a build without GDCM for pixels that need GDCM.
[[noreturn]] void without_gdcm(const std::string& name);

} // namespace mlvicx
