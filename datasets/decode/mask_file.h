#pragma once

#include "datasets/decode/notes.h"

#include <opencv2/core.hpp>

#include <filesystem>

namespace mlvicx {

/// The pixels of a mask file (PNG, JPEG or DICOM), 0 or 255, rotated by its EXIF orientation. Stored values are used,
/// before any scaling; of the colour channels the brightest counts. If the colour is uniform, the mask is the alpha
/// channel if that varies, otherwise the palette indices. Pixels of at least half the file's maximum belong to the
/// mask; with two values, these are all nonzero pixels. If the background is clearly not 0, the threshold is half way
/// between the lowest and the highest value. A file of a single nonzero value is all mask. `notes` receives which of
/// these rules were needed. Throws UserError naming the file: unreadable, or colours without a background colour.
cv::Mat1b read_mask(const std::filesystem::path& file, Notes& notes);

} // namespace mlvicx
