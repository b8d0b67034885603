#pragma once

#include "datasets/decode/decode.h"

#include <opencv2/core.hpp>

#include <filesystem>
#include <string>

namespace mlvicx {

/// One image as a prepared file holds it.
struct PreparedPixels {
    cv::Mat pixels;            ///< u8 [side, side]
    cv::Size decoded;          ///< the image's own size
    std::string rule;          ///< how its pixels became 8-bit
    AttributeTexts attributes; ///< what a DICOM header says of sex, age and view
};

/// Decodes an image file and makes it square: the only way from a file to the pixels that a network sees, so that an
/// image is the same in a prepared file and on its own. Throws UserError as decode_image does, and BlankImage for an
/// image of a single value.
PreparedPixels prepared_pixels(const std::filesystem::path& file, int side, Window window);

} // namespace mlvicx
