#include "datasets/dicom_pixels.h"

#include "core/error.h"
#include "datasets/dicom_coded.h"
#include "datasets/dicom_rle.h"
#include "datasets/image_file.h"
#include "datasets/jpeg.h"

#include <algorithm>
#include <cstring>

namespace mlvicx {

namespace {

using Bytes = std::span<const std::uint8_t>;

/// Transfer syntaxes: PS3.6, table A-1.
Coding coding_of(const DicomFile& file) {
    static const std::map<std::string, Coding> known = {
        {"1.2.840.10008.1.2", Coding::none},               // implicit VR little endian
        {"1.2.840.10008.1.2.1", Coding::none},             // explicit VR little endian
        {"1.2.840.10008.1.2.1.99", Coding::none},          // deflated
        {"1.2.840.10008.1.2.2", Coding::none},             // explicit VR big endian
        {"1.2.840.10008.1.2.5", Coding::rle},              // RLE lossless
        {"1.2.840.10008.1.2.4.50", Coding::jpeg_lossy},    // baseline
        {"1.2.840.10008.1.2.4.51", Coding::jpeg_lossy},    // extended
        {"1.2.840.10008.1.2.4.57", Coding::jpeg_lossless}, // process 14
        {"1.2.840.10008.1.2.4.70", Coding::jpeg_lossless}, // process 14, selection value 1
        {"1.2.840.10008.1.2.4.80", Coding::jpeg_ls},       // lossless
        {"1.2.840.10008.1.2.4.81", Coding::jpeg_ls},       // near-lossless
        {"1.2.840.10008.1.2.4.90", Coding::jpeg2000},      // lossless only
        {"1.2.840.10008.1.2.4.91", Coding::jpeg2000},      // lossless or lossy
    };
    const auto found = known.find(file.transfer_syntax());
    if (found == known.end())
        user_error("{}: DICOM in the transfer syntax {} is not read", file.name(), file.transfer_syntax());
    return found->second;
}

int type_of(const DicomLayout& layout) {
    return layout.bytes == 1 ? CV_8U : CV_16U;
}

cv::Mat uncoded_values(const DicomFile& file, const DicomLayout& layout) {
    const auto pixels = file.pixels();
    if (!pixels) user_error("{}: damaged DICOM: pixels in fragments, expected them uncoded", file.name());
    cv::Mat values(layout.rows, layout.columns, type_of(layout));
    const std::size_t count = values.total() * values.elemSize();
    Bytes bytes = pixels->bytes;
    if (bytes.size() != count + count % 2)
        user_error("{}: damaged DICOM: {} bytes of pixels, {} x {} of {} bytes take {}", file.name(), bytes.size(),
                   layout.columns, layout.rows, layout.bytes, count);
    // In big endian the bytes of a word are swapped, and 8-bit pixels may lie in words.
    const bool words = layout.bytes == 2 || pixels->vr == "OW";
    if (!file.big_endian() || !words) {
        std::memcpy(values.data, bytes.data(), count);
    } else {
        for (std::size_t i = 0; i < count; ++i) values.data[i] = bytes[i ^ 1];
    }
    return values;
}

cv::Mat coded_values(const DicomFile& file, const DicomLayout& layout, Coding coding) {
    std::vector<std::uint8_t> joined; // one picture may lie in several fragments
    for (const Bytes part : file.fragments()) joined.insert(joined.end(), part.begin(), part.end());
    if (joined.empty()) user_error("{}: damaged DICOM: its pixel data holds no coded pixels", file.name());
    if (coding == Coding::rle) {
        if (file.fragments().size() != 1) user_error("{}: holds several frames, expected one film", file.name());
        return decode_rle(joined, layout, file.name());
    }
    const ImageHead head =
        coding == Coding::jpeg2000 ? check_jpeg2000(joined, file.name()) : check_jpeg(joined, file.name());
    if (head.width != static_cast<std::uint32_t>(layout.columns) ||
        head.height != static_cast<std::uint32_t>(layout.rows) || head.components != 1 ||
        (head.bits + 7) / 8 != static_cast<std::uint32_t>(layout.bytes))
        user_error(
            "{}: damaged DICOM: its coded picture has {} x {} pixels of {} x {} bits, its header says {} x {} of "
            "{} bytes",
            file.name(), head.width, head.height, head.components, head.bits, layout.columns, layout.rows,
            layout.bytes);
    constexpr std::uint8_t progressive = 0xc2, lossless = 0xc3, jpeg_ls = 0xf7;
    const bool fits = coding == Coding::jpeg_lossy      ? head.frame <= progressive
                      : coding == Coding::jpeg_lossless ? head.frame == lossless
                      : coding == Coding::jpeg_ls       ? head.frame == jpeg_ls
                                                        : true;
    if (!fits) user_error("{}: damaged DICOM: its pixels are not coded as its header says", file.name());
    if (coding == Coding::jpeg_lossy && head.bits == 8) return decode_jpeg(joined, head, file.name());
    return decode_by_gdcm(coding, joined, layout, file.name());
}

} // namespace

DicomLayout dicom_layout(const DicomFile& file) {
    constexpr DicomTag samples = 0x00280002, photometric = 0x00280004, frames = 0x00280008, rows = 0x00280010,
                       columns = 0x00280011, allocated = 0x00280100, stored = 0x00280101, high = 0x00280102,
                       representation = 0x00280103, pixel_data = 0x7fe00010;
    const std::string& name = file.name();
    if (!file.has(pixel_data)) user_error("{}: DICOM without pixels, expected a film", name);
    const std::string colours = file.text(photometric);
    if (file.number(samples) != 1 || (colours != "MONOCHROME1" && colours != "MONOCHROME2"))
        user_error("{}: DICOM in colour ({}, {} samples a pixel), expected MONOCHROME1 or MONOCHROME2", name,
                   colours.substr(0, 16), file.number(samples));
    if (const auto count = file.decimal(frames); count && *count != 1)
        user_error("{}: DICOM of {} frames, expected one film", name, *count);
    DicomLayout layout;
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
    layout.dark_high = colours == "MONOCHROME1";
    return layout;
}

cv::Mat dicom_values(const DicomFile& file, const DicomLayout& layout) {
    const Coding coding = coding_of(file);
    cv::Mat values = coding == Coding::none ? uncoded_values(file, layout) : coded_values(file, layout, coding);
    // Bits above those that count may hold anything (overlays, in old files).
    if (layout.bits < 8 * layout.bytes) values &= cv::Scalar((1 << layout.bits) - 1);
    return values;
}

} // namespace mlvicx
