#pragma once

#include <opencv2/core.hpp>

#include <functional>
#include <string>
#include <utility>

namespace mlvicx {

/// Which of an image's values become 0..255.
enum class Window {
    automatic, ///< all that its bits can hold for images of 8 bits, from the 0.5 to the 99.5 percentile for deeper ones
    full,      ///< all that its bits can hold
    file       ///< the file's own window; automatic where it has none
};
/// "auto", "full", "file". Throws UserError for anything else.
Window window_from(const std::string& text);

/// What an image's stored values mean.
struct GreyScale {
    int bits = 16;                   ///< of a stored value, 1 to 16, the lowest; bits above them count for nothing
    bool sign = false;               ///< two's complement of these bits
    double slope = 1, intercept = 0; ///< value = slope * stored + intercept; slope is not 0
    bool dark_high = false;          ///< high values are dark
    /// The file's own window, a value to 0..1 (before dark_high turns it over); empty: the file has none.
    std::function<double(double)> window;
    std::string window_rule = "window of the file"; ///< what that is
};

/// The lowest and the highest value that its bits can hold.
std::pair<double, double> range_of(const GreyScale& scale);

/// An image of 8 bits, u8 [height, width], and in a few words how its values became these. `rule` holds no numbers of
/// the one image: images are counted by it.
struct GreyImage {
    cv::Mat pixels;
    std::string rule;
};

/// The one rule by which values become 8 bits. `stored`: u8 or u16 [height, width]. `padding`: u8 of the same size,
/// other than 0 where a pixel is no part of the image; empty: every pixel is. Padding counts for no percentile and
/// becomes black (0), also where high values are dark. Percentiles are ranks counted from both ends, so an image and
/// its negative have the same range; an image of one value is black.
GreyImage grey_levels(const cv::Mat& stored, const cv::Mat& padding, const GreyScale& scale, Window window);

} // namespace mlvicx
