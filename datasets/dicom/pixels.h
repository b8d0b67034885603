#pragma once

#include "datasets/dicom/file.h"

#include <opencv2/core.hpp>

#include <string>

namespace mlvicx {

/// What a DICOM header says about a single grey picture (PS3.3, C.7.6.3).
struct DicomLayout {
    int rows = 0, columns = 0;
    int bytes = 1;          ///< of a stored value (Bits Allocated), 1 or 2
    int bits = 8;           ///< how many of these count (Bits Stored), the lowest
    bool sign = false;      ///< two's complement
    bool dark_high = false; ///< MONOCHROME1: high values are dark
};

/// Reads it. Throws UserError if the suite does not read such an image: colour, several frames, no pixels, float
/// pixels, more than 16 bits, an implausible size.
DicomLayout dicom_layout(const DicomFile& file);

/// The stored values of one picture.
struct DicomPixels {
    cv::Mat stored;   ///< u8 or u16 [rows, columns]; signed values keep their bit pattern
    int width = 8;    ///< bits of a value as stored or coded; those above `bits` may hold anything
    int bits = 8;     ///< how many of these count: Bits Stored, or more if the code stream's values need more
    std::string note; ///< short description of how they deviate from the header; else empty
};

/// The value of a bit pattern of `width` bits; higher bits are ignored.
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

/// Reads them. The pixels of an uncoded picture may be followed by other bytes (PS3.5, 8.1.1) and may lack the byte
/// that pads them to an even length. Throws UserError if pixels are missing, damaged or in an unsupported coding, or if
/// a code stream contradicts the header (both are named).
DicomPixels dicom_pixels(const DicomFile& file, const DicomLayout& layout);

/// Which pixels are not part of the image: u8 [rows, columns], nonzero for those, by Pixel Padding Value and Pixel
/// Padding Range Limit (PS3.3, C.7.5.1.1.2); empty if the file names none.
cv::Mat dicom_padding(const DicomFile& file, const DicomLayout& layout, const DicomPixels& pixels);

} // namespace mlvicx
