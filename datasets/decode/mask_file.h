#pragma once

#include "datasets/decode/notes.h"

#include <opencv2/core.hpp>

#include <filesystem>

namespace mlvicx {

/// A mask file's pixels (PNG, JPEG or DICOM), 0 or 255, turned as its EXIF orientation says. Values are looked at as
/// they are stored, before any scaling; of colours the brightest counts. Where the colours are all one, the alpha
/// channel is the mask if it is not, or else the positions in a palette. What lies at or above half of the file's
/// highest value belongs to the mask: of two values, all that is not 0. A background other than 0 is told by its
/// distance: then it is half way between the lowest and the highest value. A file of one value is mask where that is
/// not 0. `notes` receives which of this was needed. Throws UserError naming the file: not to be read, or colours of
/// which none is the background.
cv::Mat1b read_mask(const std::filesystem::path& file, Notes& notes);

} // namespace mlvicx
