#pragma once

#include <opencv2/core.hpp>

namespace mlvicx {

/// How well image `b` can be aligned with image `a`.
struct Alignment {
    double correlation = 0; ///< over the inner part that both show, at the best alignment found; -1..1
    /// The point (x, y) of `a`, each -1..1 from the centre, is in `b` at (x, y) times half the side plus these pixels:
    /// shift_x + stretch_x * x, shift_y + stretch_y * y.
    double shift_x = 0, stretch_x = 0, shift_y = 0, stretch_y = 0;
};

/// Finds shift and stretch in both directions, up to 3 pixels at the border (5 % of 64: crops of up to 2 % on each side
/// in either image), by Gauss-Newton steps on the squared difference (Lucas and Kanade, IJCAI 1981), first on smoothed
/// images. `a` and `b`: local contrast [n, n] of two images; `sign` is -1 if one is inverted. Stops early if the two
/// have too little in common to become duplicates. OpenCV's findTransformECC (affine) does as well on the tests' copies
/// (at least 0.941, here 0.943) in twice the time; on distinct images it takes 4 to 6 times as long and finds them more
/// similar (up to 0.893, here 0.877).
Alignment align_images(const cv::Mat1f& a, const cv::Mat1f& b, double sign);

} // namespace mlvicx
