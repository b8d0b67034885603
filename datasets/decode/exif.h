#pragma once

#include <opencv2/core.hpp>

#include <cstdint>
#include <span>

namespace mlvicx {

/// The orientation in EXIF data, 1 (as stored) to 8 (Exif 2.32, 4.6.4, tag 0x0112). `tiff`: the TIFF structure, with or
/// without the marker "Exif" before it. 1 if there is none or the data are invalid: EXIF only says how to show the
/// pixels, and a viewer that cannot follow it shows them as stored.
int exif_orientation(std::span<const std::uint8_t> tiff);

/// The image as a viewer shows it.
cv::Mat turned(const cv::Mat& pixels, int orientation);

} // namespace mlvicx
