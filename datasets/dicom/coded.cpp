#include "datasets/dicom/coded.h"

#include "core/error.h"
#include "datasets/decode/image_file.h"
#include "datasets/decode/jpeg.h"
#include "datasets/dicom/gdcm.h"
#include "datasets/dicom/rle.h"

#include <string_view>

namespace mlvicx {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint8_t progressive = 0xc2, lossless = 0xc3, jpeg_ls = 0xf7; ///< JPEG's frame headers
constexpr std::string_view jpeg_2000 = "JPEG 2000";

/// The kind of a coded picture, judging by its first bytes; empty if they are not recognised.
std::string_view kind_of(Bytes coded) {
    if (coded.size() < 2 || coded[0] != 0xff) return {};
    return coded[1] == 0xd8 ? "JPEG" : coded[1] == 0x4f ? jpeg_2000 : std::string_view();
}

std::string_view kind_of(const ImageHead& head) {
    return head.frame <= progressive ? "lossy JPEG"
           : head.frame == lossless  ? "lossless JPEG"
           : head.frame == jpeg_ls   ? "JPEG-LS"
                                     : "JPEG of another process";
}

[[noreturn]] void otherwise_coded(const DicomFile& file, std::string_view kind) {
    user_error("{}: its pixels are coded as {}, but its header names the transfer syntax {} ({})", file.name(), kind,
               file.syntax().uid, file.syntax().name);
}

/// Checks the coded picture before a decoder sees it.
ImageHead checked(const DicomFile& file, Bytes coded) {
    const Coding coding = file.syntax().coding;
    const std::string_view kind = kind_of(coded);
    if (!kind.empty() && (kind == jpeg_2000) != (coding == Coding::jpeg2000)) otherwise_coded(file, kind);
    if (coding == Coding::jpeg2000) return check_jpeg2000(coded, file.name());
    const ImageHead head = check_jpeg(coded, file.name());
    const bool fits = coding == Coding::jpeg_lossy      ? head.frame <= progressive
                      : coding == Coding::jpeg_lossless ? head.frame == lossless
                                                        : head.frame == jpeg_ls;
    if (!fits) otherwise_coded(file, kind_of(head));
    return head;
}

/// Bits Allocated must hold the picture's values, and 8 coded bits cannot be what a header with more bits means.
void check_against(const DicomLayout& layout, const ImageHead& head, const std::string& name) {
    if (head.width != static_cast<std::uint32_t>(layout.columns) ||
        head.height != static_cast<std::uint32_t>(layout.rows) || head.components != 1)
        user_error("{}: damaged DICOM: its coded picture has {} x {} pixels of {} components, but its header says {} x "
                   "{} of 1",
                   name, head.width, head.height, head.components, layout.columns, layout.rows);
    const int bits = static_cast<int>(head.bits);
    if (bits < 1 || bits > 8 * layout.bytes || (bits <= 8 && layout.bits > 8))
        user_error("{}: its coded picture has {} bits per pixel, but its header says {} bits stored in {}", name, bits,
                   layout.bits, 8 * layout.bytes);
}

/// How many bits of a value count: Bits Stored, unless the picture is coded with more bits and has values beyond them.
int depth_of(const cv::Mat& stored, const ImageHead& head, const DicomLayout& layout) {
    const int bits = static_cast<int>(head.bits);
    // A sign that is not coded is in the picture's highest bit.
    if (bits <= layout.bits) return layout.sign ? bits : layout.bits;
    bool beyond = false;
    each_value(stored, [&](int pattern, int, int) {
        const int value = dicom_value(pattern, bits, layout.sign), half = 1 << (layout.bits - 1);
        const bool plain = pattern < 2 * half && !(layout.sign && head.sign);
        beyond |= !plain && !(layout.sign && value >= -half && value < half);
    });
    return beyond ? bits : layout.bits;
}

} // namespace

DicomPixels coded_pixels(const DicomFile& file, const DicomLayout& layout) {
    std::vector<std::uint8_t> joined; // one picture may be in several fragments
    for (const Bytes part : file.fragments()) joined.insert(joined.end(), part.begin(), part.end());
    if (joined.empty()) user_error("{}: damaged DICOM: its pixel data has no coded pixels", file.name());
    const Coding coding = file.syntax().coding;
    if (coding == Coding::rle) {
        if (file.fragments().size() != 1) user_error("{}: has several frames, expected one image", file.name());
        return {decode_rle(joined, layout, file.name()), 8 * layout.bytes, layout.bits, {}};
    }
    const Bytes coded = coding == Coding::jpeg2000 ? jpeg2000_stream(joined, file.name()) : Bytes(joined);
    const ImageHead head = checked(file, coded);
    check_against(layout, head, file.name());
    const bool plain_jpeg = coding == Coding::jpeg_lossy && head.bits == 8;
    DicomPixels pixels;
    pixels.stored =
        plain_jpeg ? decode_jpeg(coded, head, file.name()) : decode_by_gdcm(coding, coded, head, file.name());
    pixels.width = static_cast<int>(head.bits);
    if (head.sign && !layout.sign)
        each_value(pixels.stored, [&](int pattern, int, int) {
            if (dicom_value(pattern, pixels.width, true) < 0)
                user_error("{}: its code stream holds signed values, some below 0, but its header says that they are "
                           "unsigned (Pixel Representation 0)",
                           file.name());
        });
    pixels.bits = depth_of(pixels.stored, head, layout);
    if (pixels.bits != layout.bits) pixels.note = "coded with a different number of bits than the header says";
    return pixels;
}

} // namespace mlvicx
