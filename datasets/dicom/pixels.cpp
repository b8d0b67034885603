#include "datasets/dicom/pixels.h"

#include "core/error.h"
#include "datasets/decode/image_file.h"
#include "datasets/dicom/coded.h"

#include <algorithm>
#include <cstring>

namespace mlvicx {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr DicomTag pixel_data = 0x7fe00010;

DicomPixels uncoded_pixels(const DicomFile& file, const DicomLayout& layout) {
    const auto pixels = file.pixels();
    if (!pixels)
        user_error("{}: its pixels are coded (in fragments), but its header names {}, which does not code them",
                   file.name(), file.syntax().name);
    DicomPixels result{
        cv::Mat(layout.rows, layout.columns, layout.bytes == 1 ? CV_8U : CV_16U), 8 * layout.bytes, layout.bits, {}};
    const std::size_t count = result.stored.total() * result.stored.elemSize();
    const Bytes bytes = pixels->bytes;
    // In big endian the bytes of a word are swapped, and 8-bit pixels may be stored in words.
    const bool swapped = file.syntax().big_endian && (layout.bytes == 2 || pixels->vr == "OW");
    const std::size_t needed = swapped ? count + count % 2 : count;
    if (bytes.size() < needed)
        user_error("{}: truncated or damaged DICOM: {} bytes of pixels, {} x {} of {} bytes take {}", file.name(),
                   bytes.size(), layout.columns, layout.rows, layout.bytes, needed);
    if (bytes.size() >= 2 * count && bytes.size() > count + count % 2)
        user_error("{}: has {} bytes of pixels, {} x {} of {} bytes take {}: expected one image", file.name(),
                   bytes.size(), layout.columns, layout.rows, layout.bytes, count);
    if (bytes.size() > count + count % 2) result.note = "bytes after the pixels ignored";
    if (!swapped) {
        std::memcpy(result.stored.data, bytes.data(), count);
    } else {
        for (std::size_t i = 0; i < count; ++i) result.stored.data[i] = bytes[i ^ 1];
    }
    return result;
}

/// Whether high values are dark. Throws if the picture does not have grey values.
bool dark_high(const DicomFile& file) {
    constexpr DicomTag samples = 0x00280002, photometric = 0x00280004;
    const std::string found = file.text(photometric), kind = file.code(photometric);
    if (kind.empty())
        user_error("{}: has no photometric interpretation (0028,0004), expected MONOCHROME1 or MONOCHROME2",
                   file.name());
    if (file.number(samples) != 1 || kind.starts_with("PALETTE"))
        user_error("{}: DICOM in colour ({}, {} samples per pixel), expected MONOCHROME1 or MONOCHROME2", file.name(),
                   found.substr(0, 16), file.number(samples));
    if (kind != "MONOCHROME1" && kind != "MONOCHROME2")
        user_error("{}: its photometric interpretation is \"{}\", expected MONOCHROME1 or MONOCHROME2", file.name(),
                   found.substr(0, 16));
    return kind == "MONOCHROME1";
}

} // namespace

DicomLayout dicom_layout(const DicomFile& file) {
    constexpr DicomTag frames = 0x00280008, rows = 0x00280010, columns = 0x00280011, allocated = 0x00280100,
                       stored = 0x00280101, high = 0x00280102, representation = 0x00280103, float_pixels = 0x7fe00008,
                       double_pixels = 0x7fe00009;
    const std::string& name = file.name();
    if (file.has(float_pixels) || file.has(double_pixels))
        user_error("{}: has float pixels {}, which are not supported: expected integers in (7fe0,0010)", name,
                   dicom_tag_text(file.has(float_pixels) ? float_pixels : double_pixels));
    if (!file.has(pixel_data)) user_error("{}: DICOM without pixels, expected an image", name);
    DicomLayout layout;
    layout.dark_high = dark_high(file);
    if (const auto count = file.decimal(frames); count && *count != 1)
        user_error("{}: DICOM of {} frames, expected one image", name, *count);
    check_size({file.number(columns), file.number(rows)}, name);
    layout.rows = file.number(rows), layout.columns = file.number(columns);
    const int bits_allocated = file.number(allocated);
    layout.bits = file.number(stored);
    if ((bits_allocated != 8 && bits_allocated != 16) || layout.bits < 1 || layout.bits > bits_allocated ||
        file.number(high) != layout.bits - 1 || file.number(representation) > 1)
        user_error("{}: DICOM of {} bits stored in {}, the highest at {}, sign {}: expected the lowest of 8 or 16 bits",
                   name, layout.bits, bits_allocated, file.number(high), file.number(representation));
    layout.bytes = bits_allocated / 8;
    layout.sign = file.number(representation) == 1;
    return layout;
}

DicomPixels dicom_pixels(const DicomFile& file, const DicomLayout& layout) {
    return file.syntax().coding == Coding::none ? uncoded_pixels(file, layout) : coded_pixels(file, layout);
}

cv::Mat dicom_padding(const DicomFile& file, const DicomLayout& layout, const DicomPixels& pixels) {
    constexpr DicomTag padding_value = 0x00280120, range_limit = 0x00280121;
    const auto named = [&](DicomTag tag) -> std::optional<int> {
        const auto value = file.value(tag);
        if (!value || value->bytes.empty()) return std::nullopt;
        return dicom_value(file.number(tag), 16, layout.sign);
    };
    const auto value = named(padding_value);
    if (!value) return {};
    const int other = named(range_limit).value_or(*value), low = std::min(*value, other),
              high = std::max(*value, other);
    // Padding values may use bits beyond Bits Stored; otherwise those bits are ignored here too.
    const int half = 1 << (pixels.bits - 1);
    const bool inside = layout.sign ? low >= -half && high < half : high < 2 * half;
    const int width = inside ? pixels.bits : pixels.width;
    cv::Mat padding(pixels.stored.size(), CV_8U);
    each_value(pixels.stored, [&](int pattern, int y, int x) {
        const int stored = dicom_value(pattern, width, layout.sign);
        padding.at<std::uint8_t>(y, x) = stored >= low && stored <= high ? 255 : 0;
    });
    return padding;
}

} // namespace mlvicx
