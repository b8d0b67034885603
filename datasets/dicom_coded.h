#pragma once

#include "datasets/dicom_pixels.h"

#include <cstdint>
#include <span>
#include <string>

namespace mlvicx {

/// Decodes one picture of lossless or 12-bit JPEG, JPEG-LS or JPEG 2000 by GDCM's decoders: u8 or u16 [rows, columns].
/// The code stream must have been checked against the layout: they trust it. Throws UserError where it is damaged, and
/// where this build has no GDCM.
cv::Mat decode_by_gdcm(std::span<const std::uint8_t> coded, const DicomFile& file, const DicomLayout& layout);

/// What a build without GDCM says where it meets what takes GDCM.
[[noreturn]] void without_gdcm(const std::string& name);

} // namespace mlvicx
