#pragma once

#include "datasets/figure.h"

#include <opencv2/core.hpp>
#include <torch/types.h>

#include <string>

namespace mlvicx {

/// Draws `map` [h, w] over a grey image (square, u8), BGR [side, side], its maximum at full heat, starting from 0 or
/// from its minimum. The hotter a pixel, the more of OpenCV's colour map Inferno and the less of the image it shows.
/// Inferno grows lighter from end to end, so the order of heat is that of lightness, in print and for every eye.
cv::Mat heat_over(const cv::Mat& image, const torch::Tensor& map, int side, bool from_least = false);

/// Draws the scale of heat_over, as it looks over mid-grey, into the heading of a figure's first column, between the
/// words for its ends.
void draw_heat_scale(Drawing& figure, const std::string& least, const std::string& most);

} // namespace mlvicx
