#include "datasets/decode/grey_levels.h"

#include "core/error.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace mlvicx {

namespace {

constexpr double left_out = 0.005; ///< fraction of the pixels below and above the percentiles

using Range = std::pair<double, double>;

double value_of(std::size_t stored, const GreyScale& scale) {
    const auto range = std::int64_t{1} << scale.bits;
    auto value = static_cast<std::int64_t>(stored) & (range - 1);
    if (scale.sign && value >= range / 2) value -= range;
    return scale.slope * static_cast<double>(value) + scale.intercept;
}

/// Calls visit(stored value, whether it is padding, x, y) for every pixel.
template <typename Visit> void each_pixel(const cv::Mat& stored, const cv::Mat& padding, Visit&& visit) {
    for (int y = 0; y < stored.rows; ++y) {
        const auto* pad = padding.empty() ? nullptr : padding.ptr<std::uint8_t>(y);
        const auto row = [&](const auto* values) {
            for (int x = 0; x < stored.cols; ++x) visit(std::size_t{values[x]}, pad && pad[x] != 0, x, y);
        };
        stored.depth() == CV_8U ? row(stored.ptr<std::uint8_t>(y)) : row(stored.ptr<std::uint16_t>(y));
    }
}

/// From the value below which there are `left_out` of the pixels to the one above which there are as many. `counts`:
/// number of pixels per stored value.
Range percentiles(const std::vector<std::size_t>& counts, const GreyScale& scale) {
    std::vector<std::pair<double, std::size_t>> ascending; // value, pixels
    std::size_t all = 0;
    for (std::size_t stored = 0; stored < counts.size(); ++stored) {
        if (counts[stored] > 0) ascending.emplace_back(value_of(stored, scale), counts[stored]);
        all += counts[stored];
    }
    if (ascending.empty()) return {0, 0}; // nothing but padding
    std::sort(ascending.begin(), ascending.end());
    const auto reach = [&](auto begin, const auto& end) {
        auto left = static_cast<std::size_t>(left_out * static_cast<double>(all));
        for (; begin + 1 != end && begin->second <= left; ++begin) left -= begin->second;
        return begin->first;
    };
    const double low = reach(ascending.begin(), ascending.end()), high = reach(ascending.rbegin(), ascending.rend());
    // Almost constant image: use its full range.
    return low < high ? Range(low, high) : Range(ascending.front().first, ascending.back().first);
}

} // namespace

Range range_of(const GreyScale& scale) {
    const std::size_t half = std::size_t{1} << (scale.bits - 1), all = 2 * half - 1;
    return std::minmax(value_of(scale.sign ? half : 0, scale), value_of(scale.sign ? half - 1 : all, scale));
}

Window window_from(const std::string& text) {
    if (text == "auto") return Window::automatic;
    if (text == "full") return Window::full;
    if (text == "file") return Window::file;
    user_error("window is \"{}\", expected auto, full or file", text);
}

const char* name_of(Window window) {
    return window == Window::automatic ? "auto" : window == Window::full ? "full" : "file";
}

GreyImage grey_levels(const cv::Mat& stored, const cv::Mat& padding, const GreyScale& scale, Window window) {
    if ((stored.type() != CV_8UC1 && stored.type() != CV_16UC1) || scale.bits < 1 || scale.bits > 16 ||
        (!padding.empty() && (padding.type() != CV_8UC1 || padding.size() != stored.size())))
        throw InternalError("grey levels of values that are not u8 or u16, or padding of another size");
    std::vector<std::size_t> counts(stored.depth() == CV_8U ? 256 : 65536, 0);
    bool padded = false;
    each_pixel(stored, padding, [&](std::size_t value, bool pad, int, int) {
        padded |= pad;
        counts[value] += !pad;
    });

    GreyImage image{cv::Mat(stored.size(), CV_8U), {}};
    std::function<double(double)> light = scale.window;
    if (window == Window::file && light) {
        image.rule = fmt::format("{} on {} bits", scale.window_rule, scale.bits);
    } else {
        const bool whole = window == Window::full || scale.bits <= 8;
        image.rule = fmt::format("{} of {} bits", whole ? "full range" : "0.5 to 99.5 percentile", scale.bits);
        if (window == Window::file) image.rule += ", no window in the file";
        const Range range = whole ? range_of(scale) : percentiles(counts, scale);
        const double low = range.first, width = range.second - low, black = scale.dark_high ? 1 : 0;
        light = [low, width, black](double x) { return width > 0 ? std::clamp((x - low) / width, 0.0, 1.0) : black; };
    }
    if (scale.slope != 1 || scale.intercept != 0) image.rule += ", rescaled";
    if (scale.dark_high) image.rule += ", MONOCHROME1 inverted";
    if (padded) image.rule += ", padding black";

    std::vector<std::uint8_t> table(counts.size(), 0);
    for (std::size_t value = 0; value < table.size(); ++value) {
        if (counts[value] == 0) continue;
        const double share = light(value_of(value, scale));
        table[value] = static_cast<std::uint8_t>(std::lround(255 * (scale.dark_high ? 1 - share : share)));
    }
    each_pixel(stored, padding, [&](std::size_t value, bool pad, int x, int y) {
        image.pixels.at<std::uint8_t>(y, x) = pad ? 0 : table[value];
    });
    return image;
}

} // namespace mlvicx
