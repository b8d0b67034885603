#pragma once

#include <opencv2/core.hpp>

#include <cstdint>
#include <span>

namespace mlvicx {

/// The orientation that EXIF data name, 1 (as stored) to 8 (Exif 2.32, 4.6.4, tag 0x0112). `tiff`: its TIFF structure,
/// with or without the mark "Exif" before it. 1 where they name none or make no sense: they say how pixels are shown,
/// and a viewer that cannot follow them shows the pixels as they lie.
int exif_orientation(std::span<const std::uint8_t> tiff);

/// The image as a viewer shows it.
cv::Mat turned(const cv::Mat& pixels, int orientation);

} // namespace mlvicx
