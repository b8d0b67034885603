#pragma once

#include "datasets/dicom_pixels.h"

#include <cstdint>
#include <span>
#include <string>

namespace mlvicx {

/// How a transfer syntax codes pixels.
enum class Coding { none, rle, jpeg_lossy, jpeg_lossless, jpeg_ls, jpeg2000 };

/// Decodes one picture of lossless or 12-bit JPEG, JPEG-LS or JPEG 2000 by GDCM's decoders: u8 or u16 [rows, columns].
/// The code stream must have been checked against the layout: they trust it. Throws UserError beginning with
/// `name` where it is damaged, and where this build has no GDCM.
cv::Mat decode_by_gdcm(Coding coding, std::span<const std::uint8_t> coded, const DicomLayout& layout,
                       const std::string& name);

/// What a build without GDCM says where it meets what takes GDCM.
[[noreturn]] void without_gdcm(const std::string& name);

} // namespace mlvicx
