#pragma once

#include <opencv2/core.hpp>

#include <functional>
#include <string>
#include <utility>

namespace mlvicx {

/// Which range of an image's values becomes 0..255.
enum class Window {
    automatic, ///< the full range for 8-bit images, the 0.5 to the 99.5 percentile for deeper ones
    full,      ///< the full range of its bits
    file       ///< the file's own window; automatic if it has none
};
/// "auto", "full", "file". Throws UserError for anything else.
Window window_from(const std::string& text);
const char* name_of(Window window);

/// What an image's stored values mean.
struct GreyScale {
    int bits = 16;                   ///< of a stored value, 1 to 16, the lowest ones; higher bits are ignored
    bool sign = false;               ///< two's complement in these bits
    double slope = 1, intercept = 0; ///< value = slope * stored + intercept; slope is not 0
    bool dark_high = false;          ///< high values are dark
    /// The file's own window, mapping a value to 0..1 (before dark_high inverts it); empty: the file has none.
    std::function<double(double)> window;
    std::string window_rule = "window of the file"; ///< description of that window
};

/// The lowest and the highest value that the bits can hold.
std::pair<double, double> range_of(const GreyScale& scale);

/// An 8-bit image, u8 [height, width], and a short description of how its values were obtained. `rule` holds no numbers
/// specific to one image: images are counted by it.
struct GreyImage {
    cv::Mat pixels;
    std::string rule;
};

/// The only conversion of values to 8 bits. `stored`: u8 or u16 [height, width]. `padding`: u8 of the same size,
/// nonzero where a pixel is not part of the image; empty: every pixel is. Padding is excluded from percentiles and
/// becomes black (0), even if high values are dark. Percentiles are ranks counted from both ends, so an image and its
/// negative have the same range; an image of a single value is black.
GreyImage grey_levels(const cv::Mat& stored, const cv::Mat& padding, const GreyScale& scale, Window window);

} // namespace mlvicx
