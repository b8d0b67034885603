#include "datasets/dicom/dicom.h"

#include "core/error.h"
#include "datasets/dicom/pixels.h"
#include "datasets/dicom/window.h"

namespace mlvicx {

namespace {

constexpr DicomTag rescale_intercept = 0x00281052, rescale_slope = 0x00281053, modality_table = 0x00283000;

GreyScale scale_of(const DicomFile& file, const DicomLayout& layout, int bits) {
    if (file.has(modality_table)) user_error("{}: DICOM with a modality look-up table is not supported", file.name());
    GreyScale scale;
    scale.bits = bits;
    scale.sign = layout.sign;
    scale.slope = file.decimal(rescale_slope).value_or(1);
    scale.intercept = file.decimal(rescale_intercept).value_or(0);
    scale.dark_high = layout.dark_high;
    if (scale.slope == 0) user_error("{}: its rescale slope is 0, expected a nonzero number", file.name());
    return scale;
}

} // namespace

cv::Mat decode_dicom(std::span<const std::uint8_t> bytes, const std::string& name, Window window, std::string& rule,
                     AttributeTexts& attributes) {
    const DicomFile file(bytes, name);
    const DicomLayout layout = dicom_layout(file);
    const DicomPixels pixels = dicom_pixels(file, layout);
    GreyScale scale = scale_of(file, layout, pixels.bits);
    if (window == Window::file) find_window(file, scale);
    const GreyImage image = grey_levels(pixels.stored, dicom_padding(file, layout, pixels), scale, window);
    rule = "DICOM, " + image.rule;
    for (std::size_t kind = 0; kind < attribute_count; ++kind)
        attributes[kind] = file.text(attribute_table()[kind].dicom_tag);
    if (!pixels.note.empty()) rule += ", " + pixels.note;
    return image.pixels;
}

} // namespace mlvicx
