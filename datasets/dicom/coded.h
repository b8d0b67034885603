#pragma once

#include "datasets/dicom/pixels.h"

namespace mlvicx {

/// Decodes the one picture that the file's fragments hold. Throws UserError where it is damaged, not coded as the
/// header says, or contradicts it.
DicomPixels coded_pixels(const DicomFile& file, const DicomLayout& layout);

} // namespace mlvicx
