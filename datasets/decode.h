#pragma once

#include <opencv2/core.hpp>

#include <filesystem>

namespace mlvicx {

/// A film as 8-bit grey [height, width]. Grey, RGB, RGBA, palette and 16-bit images are understood (16 bit: full range
/// to 0..255); colour becomes luma, alpha is ignored. Throws UserError naming the file where it is empty, truncated,
/// corrupt or of an unknown format: a decoder's warning about missing data counts as an error.
cv::Mat decode_film(const std::filesystem::path& file);

/// Square resize by area averaging (bilinear where it enlarges).
cv::Mat resize_film(const cv::Mat& film, int size);

} // namespace mlvicx
