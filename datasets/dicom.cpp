#include "datasets/dicom.h"

#include "core/error.h"
#include "datasets/dicom_pixels.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace mlvicx {

namespace {

constexpr DicomTag window_center = 0x00281050, window_width = 0x00281051, rescale_intercept = 0x00281052,
                   rescale_slope = 0x00281053, voi_function = 0x00281056, modality_table = 0x00283000;

/// Stored bit pattern to the modality's value.
struct Modality {
    double slope = 1, intercept = 0;
    int bits = 8;
    bool sign = false;

    double operator()(std::size_t stored) const {
        const auto range = std::int64_t{1} << bits;
        auto value = static_cast<std::int64_t>(stored);
        if (sign && value >= range / 2) value -= range;
        return slope * static_cast<double>(value) + intercept;
    }
};

Modality modality_of(const DicomFile& file, const DicomLayout& layout) {
    if (file.has(modality_table)) user_error("{}: DICOM with a modality look-up table is not read", file.name());
    Modality modality{file.decimal(rescale_slope).value_or(1), file.decimal(rescale_intercept).value_or(0), layout.bits,
                      layout.sign};
    if (modality.slope == 0) user_error("{}: its rescale slope is 0, expected another number", file.name());
    return modality;
}

using Range = std::pair<double, double>;

Range full_range(const Modality& modality) {
    const std::size_t half = std::size_t{1} << (modality.bits - 1), all = 2 * half - 1;
    const double a = modality(modality.sign ? half : 0), b = modality(modality.sign ? half - 1 : all);
    return std::minmax(a, b);
}

/// The values that `share` of the pixels lie below and above, as ranks counted from both ends: a film and its negative
/// have the same range.
Range percentiles(const cv::Mat& values, const Modality& modality, double share) {
    std::vector<std::size_t> counts(std::size_t{1} << modality.bits, 0);
    const auto count_row = [&](const auto* row) {
        for (int x = 0; x < values.cols; ++x) ++counts[row[x]];
    };
    for (int y = 0; y < values.rows; ++y)
        values.depth() == CV_8U ? count_row(values.ptr<std::uint8_t>(y)) : count_row(values.ptr<std::uint16_t>(y));
    std::vector<std::pair<double, std::size_t>> ascending; // value, pixels
    for (std::size_t stored = 0; stored < counts.size(); ++stored)
        if (counts[stored] > 0) ascending.emplace_back(modality(stored), counts[stored]);
    std::sort(ascending.begin(), ascending.end());
    const auto reach = [&](auto begin, const auto& end) {
        auto left = static_cast<std::size_t>(share * static_cast<double>(values.total()));
        for (; begin + 1 != end && begin->second <= left; ++begin) left -= begin->second;
        return begin->first;
    };
    const double low = reach(ascending.begin(), ascending.end()), high = reach(ascending.rbegin(), ascending.rend());
    // A film of which nearly all is one value: what there is.
    return low < high ? Range(low, high) : Range(ascending.front().first, ascending.back().first);
}

/// A window of the file, PS3.3, C.11.2.1.2 and C.11.2.1.3; 0..1.
struct FileWindow {
    double center, width;
    std::string function;

    double operator()(double x) const {
        if (function == "SIGMOID") return 1 / (1 + std::exp(-4 * (x - center) / width));
        if (function == "LINEAR_EXACT") return std::clamp((x - center) / width + 0.5, 0.0, 1.0);
        if (x <= center - 0.5 - (width - 1) / 2) return 0;
        if (x > center - 0.5 + (width - 1) / 2) return 1;
        return (x - (center - 0.5)) / (width - 1) + 0.5;
    }
};

FileWindow file_window(const DicomFile& file) {
    FileWindow window{*file.decimal(window_center), *file.decimal(window_width), file.text(voi_function)};
    if (window.width < 1) user_error("{}: its window is {} wide, expected 1 at least", file.name(), window.width);
    return window;
}

/// What 0..255 every stored bit pattern becomes, by a function of the modality's value to 0..1.
template <typename Scale> std::vector<std::uint8_t> table_of(const Modality& modality, bool dark_high, Scale&& scale) {
    std::vector<std::uint8_t> table(std::size_t{1} << modality.bits);
    for (std::size_t stored = 0; stored < table.size(); ++stored) {
        const double light = scale(modality(stored));
        table[stored] = static_cast<std::uint8_t>(std::lround(255 * (dark_high ? 1 - light : light)));
    }
    return table;
}

cv::Mat look_up(const cv::Mat& values, const std::vector<std::uint8_t>& table) {
    cv::Mat film(values.size(), CV_8U);
    for (int y = 0; y < values.rows; ++y) {
        auto* out = film.ptr<std::uint8_t>(y);
        const auto look = [&](const auto* row) {
            for (int x = 0; x < values.cols; ++x) out[x] = table[row[x]];
        };
        values.depth() == CV_8U ? look(values.ptr<std::uint8_t>(y)) : look(values.ptr<std::uint16_t>(y));
    }
    return film;
}

} // namespace

Window window_from(const std::string& text) {
    if (text == "auto") return Window::automatic;
    if (text == "full") return Window::full;
    if (text == "file") return Window::file;
    user_error("window is \"{}\", expected auto, full or file", text);
}

cv::Mat decode_dicom(std::span<const std::uint8_t> bytes, const std::string& name, Window window, std::string& rule) {
    const DicomFile file(bytes, name);
    const DicomLayout layout = dicom_layout(file);
    const Modality modality = modality_of(file, layout);
    const cv::Mat values = dicom_values(file, layout);
    constexpr double left_out = 0.005;
    std::vector<std::uint8_t> table;
    if (window == Window::file && file.decimal(window_center) && file.decimal(window_width)) {
        rule = fmt::format("DICOM, window of the file on {} bits", layout.bits);
        table = table_of(modality, layout.dark_high, file_window(file));
    } else {
        const bool whole = window == Window::full || layout.bits <= 8;
        rule = fmt::format("DICOM, {} of {} bits", whole ? "full range" : "0.5 to 99.5 percentile", layout.bits);
        const Range range = whole ? full_range(modality) : percentiles(values, modality, left_out);
        const double low = range.first, width = range.second > low ? range.second - low : 1; // flat: black
        table = table_of(modality, layout.dark_high,
                         [low, width](double x) { return std::clamp((x - low) / width, 0.0, 1.0); });
    }
    if (modality.slope != 1 || modality.intercept != 0) rule += ", rescaled";
    if (layout.dark_high) rule += ", MONOCHROME1 inverted";
    return look_up(values, table);
}

} // namespace mlvicx
