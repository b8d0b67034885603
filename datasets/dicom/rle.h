#pragma once

#include "datasets/dicom/pixels.h"

#include <cstdint>
#include <span>
#include <string>

namespace mlvicx {

/// One frame of DICOM's run-length coding (PS3.5, annex G), u8 or u16 [rows, columns]. Throws UserError beginning with
/// `name` if a segment does not yield exactly the pixels of the layout.
cv::Mat decode_rle(std::span<const std::uint8_t> bytes, const DicomLayout& layout, const std::string& name);

} // namespace mlvicx
