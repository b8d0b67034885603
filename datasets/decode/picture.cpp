#include "datasets/decode/picture.h"

#include "core/error.h"
#include "datasets/decode/bytes.h"
#include "datasets/decode/exif.h"
#include "datasets/decode/inflate.h"
#include "datasets/decode/jpeg.h"
#include "datasets/dicom/gdcm.h"

#include <opencv2/imgcodecs.hpp>

#include <algorithm>
#include <vector>

namespace mlvicx {

namespace {

using Bytes = std::span<const std::uint8_t>;

cv::Mat png_pixels(Bytes bytes, const ImageHead& head, const std::string& name) {
    try {
        const cv::Mat coded(1, static_cast<int>(bytes.size()), CV_8U, const_cast<std::uint8_t*>(bytes.data()));
        cv::Mat pixels = cv::imdecode(coded, cv::IMREAD_UNCHANGED);
        if (pixels.empty()) user_error("{}: damaged image: cannot be decoded", name);
        if (pixels.cols != static_cast<int>(head.width) || pixels.rows != static_cast<int>(head.height))
            user_error("{}: damaged image: {} x {} pixels, but its header says {} x {}", name, pixels.cols, pixels.rows,
                       head.width, head.height);
        if (pixels.depth() != CV_8U && pixels.depth() != CV_16U)
            user_error("{}: pixels of an unknown type, expected 8 or 16 bit", name);
        return pixels;
    } catch (const cv::Exception& error) {
        user_error("{}: damaged image: {}", name, error.what());
    }
}

/// Decodes a JPEG of any process. Those that libjpeg lacks are used for medical images, which are grey, so GDCM has
/// them.
cv::Mat jpeg_pixels(Bytes bytes, const ImageHead& head, const std::string& name) {
    constexpr std::uint8_t progressive = 0xc2, lossless = 0xc3, arithmetic = 0xc9, arithmetic_progressive = 0xca,
                           jpeg_ls = 0xf7;
    const bool lossy = head.frame <= progressive;
    if (head.bits == 8 && (lossy || head.frame == arithmetic || head.frame == arithmetic_progressive))
        return decode_jpeg(bytes, head, name);
    const std::string kind = head.frame == jpeg_ls    ? "JPEG-LS"
                             : head.frame == lossless ? "lossless JPEG"
                             : lossy                  ? fmt::format("JPEG of {} bits", head.bits)
                                                      : fmt::format("JPEG of process {:X}", head.frame);
    const bool known = head.bits >= 2 && head.bits <= 16 && (head.bits == 12 || !lossy);
    if (head.components != 1 || !known || (!lossy && head.frame != lossless && head.frame != jpeg_ls))
        user_error("{}: {} with {} components is not supported, expected JPEG of 8 bits or, in grey, lossless JPEG, "
                   "JPEG-LS or JPEG of 12 bits",
                   name, kind, head.components);
    const Coding coding = lossy ? Coding::jpeg_lossy : head.frame == lossless ? Coding::jpeg_lossless : Coding::jpeg_ls;
    return decode_by_gdcm(coding, bytes, head, name);
}

/// The same PNG without its palette: indices are coded like grey pixels, so a grey decoder returns the indices. Only
/// the image header and the coded pixels are kept.
std::vector<std::uint8_t> without_palette(Bytes png) {
    constexpr std::size_t signature = 8, frame = 12, header_data = 8, colour_type = 9;
    std::vector<std::uint8_t> result(png.begin(), png.begin() + signature);
    for (std::size_t at = signature; at + frame <= png.size();) {
        const std::size_t length = number_at(png, at, 4, true);
        const auto is = [&](const char* type) { return has_text(png, at + 4, type); };
        if (is("IHDR") || is("IDAT") || is("IEND")) {
            const std::size_t begin = result.size();
            const Bytes chunk = png.subspan(at, frame + length);
            result.insert(result.end(), chunk.begin(), chunk.end());
            if (is("IHDR")) {
                result[begin + header_data + colour_type] = 0; // grey
                const std::uint32_t crc = crc32_of(Bytes(result).subspan(begin + 4, 4 + length));
                for (std::size_t i = 0; i < 4; ++i)
                    result[begin + header_data + length + i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
            }
        }
        if (is("IEND")) break;
        at += frame + length;
    }
    return result;
}

} // namespace

Picture read_picture(Bytes bytes, const std::string& name) {
    Picture picture;
    picture.head = check_image(bytes, name);
    const ImageHead& head = picture.head;
    const cv::Mat stored = head.frame != 0 ? jpeg_pixels(bytes, head, name) : png_pixels(bytes, head, name);
    picture.pixels = turned(stored, head.orientation);
    return picture;
}

cv::Mat palette_positions(Bytes bytes, const ImageHead& head, const std::string& name) {
    return turned(png_pixels(without_palette(bytes), head, name), head.orientation);
}

} // namespace mlvicx
