#pragma once

#include "datasets/dicom/pixels.h"

namespace mlvicx {

/// Decodes the single picture in the file's fragments. Throws UserError if it is damaged, not coded as the header says,
/// or contradicts the header.
DicomPixels coded_pixels(const DicomFile& file, const DicomLayout& layout);

} // namespace mlvicx
