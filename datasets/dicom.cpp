#include "datasets/dicom.h"

#include "core/error.h"
#include "datasets/dicom_pixels.h"

#include <algorithm>
#include <cmath>

namespace mlvicx {

namespace {

constexpr DicomTag window_center = 0x00281050, window_width = 0x00281051, rescale_intercept = 0x00281052,
                   rescale_slope = 0x00281053, voi_function = 0x00281056, modality_table = 0x00283000;

GreyScale scale_of(const DicomFile& file, const DicomLayout& layout) {
    if (file.has(modality_table)) user_error("{}: DICOM with a modality look-up table is not read", file.name());
    GreyScale scale;
    scale.bits = layout.bits;
    scale.sign = layout.sign;
    scale.slope = file.decimal(rescale_slope).value_or(1);
    scale.intercept = file.decimal(rescale_intercept).value_or(0);
    scale.dark_high = layout.dark_high;
    if (scale.slope == 0) user_error("{}: its rescale slope is 0, expected another number", file.name());
    return scale;
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

} // namespace

cv::Mat decode_dicom(std::span<const std::uint8_t> bytes, const std::string& name, Window window, std::string& rule) {
    const DicomFile file(bytes, name);
    const DicomLayout layout = dicom_layout(file);
    GreyScale scale = scale_of(file, layout);
    if (window == Window::file && file.decimal(window_center) && file.decimal(window_width))
        scale.window = file_window(file);
    const GreyImage image = grey_levels(dicom_values(file, layout), {}, scale, window);
    rule = "DICOM, " + image.rule;
    return image.pixels;
}

} // namespace mlvicx
