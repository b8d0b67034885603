#pragma once

#include <opencv2/core.hpp>
#include <torch/types.h>

namespace mlvicx {

/// Draws `map` [h, w] over a grey image (square, u8), BGR [side, side], its maximum at full heat, starting from 0 or
/// from its minimum. The hotter a pixel, the more of OpenCV's colour map Turbo and the less of the image it shows.
cv::Mat heat_over(const cv::Mat& image, const torch::Tensor& map, int side, bool from_least = false);

} // namespace mlvicx
