#pragma once

#include "datasets/dicom/file.h"

#include <opencv2/core.hpp>

#include <string>

namespace mlvicx {

/// What a DICOM header says of one grey picture (PS3.3, C.7.6.3).
struct DicomLayout {
    int rows = 0, columns = 0;
    int bytes = 1;          ///< of a stored value (Bits Allocated), 1 or 2
    int bits = 8;           ///< of these that count (Bits Stored), the lowest
    bool sign = false;      ///< two's complement
    bool dark_high = false; ///< MONOCHROME1: high values are dark
};

/// Reads it. Throws UserError where the file is no image that the suite reads: colour, several frames, no pixels, float
/// ones, more than 16 bits, an absurd size.
DicomLayout dicom_layout(const DicomFile& file);

/// The stored values of one picture.
struct DicomPixels {
    cv::Mat stored;   ///< u8 or u16 [rows, columns]; values with a sign keep their bit pattern
    int width = 8;    ///< bits of a value as it is stored or coded; above `bits` anything may lie
    int bits = 8;     ///< of these that count: Bits Stored, or more where a code stream's values take more
    std::string note; ///< in a few words what about them is not as the header says; else empty
};

/// What a bit pattern of `width` bits stands for; bits above them count for nothing.
inline int dicom_value(int pattern, int width, bool sign) {
    const int value = pattern & ((1 << width) - 1);
    return sign && value >= 1 << (width - 1) ? value - (1 << width) : value;
}

/// Calls visit(pattern, y, x) for every pixel of u8 or u16 values.
template <typename Visit> void each_value(const cv::Mat& stored, Visit&& visit) {
    for (int y = 0; y < stored.rows; ++y) {
        const auto row = [&](const auto* values) {
            for (int x = 0; x < stored.cols; ++x) visit(int{values[x]}, y, x);
        };
        stored.depth() == CV_8U ? row(stored.ptr<std::uint8_t>(y)) : row(stored.ptr<std::uint16_t>(y));
    }
}

/// Reads them. Pixels of uncoded pictures may be followed by other bytes (PS3.5, 8.1.1), and may lack the padding byte
/// that makes their number even. Throws UserError where pixels are missing, damaged, coded in a way that is not read,
/// or where a code stream contradicts the header: both are named.
DicomPixels dicom_pixels(const DicomFile& file, const DicomLayout& layout);

/// Where the pixels are no part of the image: u8 [rows, columns], other than 0 there, by Pixel Padding Value and Pixel
/// Padding Range Limit (PS3.3, C.7.5.1.1.2); empty where the file names none.
cv::Mat dicom_padding(const DicomFile& file, const DicomLayout& layout, const DicomPixels& pixels);

} // namespace mlvicx
