#pragma once

#include "datasets/dicom_file.h"

#include <opencv2/core.hpp>

namespace mlvicx {

/// What a DICOM header says of one grey picture (PS3.3, C.7.6.3).
struct DicomLayout {
    int rows = 0, columns = 0;
    int bytes = 1;          ///< of a stored value, 1 or 2
    int bits = 8;           ///< of these that count (Bits Stored), the lowest
    bool sign = false;      ///< two's complement
    bool dark_high = false; ///< MONOCHROME1: high values are dark
};

/// Reads it. Throws UserError where the file is no film that the suite reads: colour, several frames, no pixels, more
/// than 16 bits, an absurd size.
DicomLayout dicom_layout(const DicomFile& file);

/// The stored values, `bits` of each, as u8 or u16 [rows, columns]; values with a sign keep their bit pattern. Throws
/// UserError where pixels are missing, damaged, or coded in a way that is not read.
cv::Mat dicom_values(const DicomFile& file, const DicomLayout& layout);

} // namespace mlvicx
