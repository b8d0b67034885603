#pragma once

#include "datasets/dicom.h"

#include <opencv2/core.hpp>

#include <filesystem>
#include <string>

namespace mlvicx {

/// A film as 8-bit grey [height, width], from PNG, JPEG or DICOM, told apart by their content. Images: grey, RGB, RGBA,
/// palette and 16 bit are understood (16 bit: full range to 0..255), colour becomes luma, alpha is ignored. DICOM: see
/// decode_dicom; `window` matters there alone. `rule`, where it is given, receives in a few words how pixels became 8
/// bit. Throws UserError naming the file where it is empty, truncated, corrupt or of an unknown format: a decoder's
/// warning about missing data counts as an error.
cv::Mat decode_film(const std::filesystem::path& file, Window window = Window::automatic, std::string* rule = nullptr);

/// Square resize by area averaging (bilinear where it enlarges).
cv::Mat resize_film(const cv::Mat& film, int size);

} // namespace mlvicx
