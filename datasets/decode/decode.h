#pragma once

#include "core/error.h"
#include "datasets/dicom/dicom.h"

#include <opencv2/core.hpp>

#include <filesystem>
#include <string>

namespace mlvicx {

/// An image of one value, or one whose picture lies where it is not read: nothing can be seen in it.
class BlankImage : public UserError {
public:
    using UserError::UserError;
};

/// An image as 8-bit grey [height, width], from PNG, JPEG or DICOM, told apart by their content. 8 bits stay as they
/// are. Deeper values become 8 bits by grey_levels and `window`: a PNG's 16 bits count as the bits that it says mean
/// something (sBIT), whether they lie in the upper ones, as the standard asks for, or in the lower ones, as many
/// writers leave them. Colour becomes luma, alpha is ignored, and the image is turned as its EXIF orientation says.
/// DICOM: see decode_dicom. `rule`, where it is given, receives in a few words how pixels became 8 bit. Throws
/// UserError naming the file where it is empty, truncated, corrupt or of an unknown format (a decoder's warning about
/// missing data counts as an error), and BlankImage where the whole picture is in the alpha channel.
cv::Mat decode_image(const std::filesystem::path& file, Window window = Window::automatic, std::string* rule = nullptr);

/// Square resize by area averaging (bilinear where it enlarges).
cv::Mat resize_image(const cv::Mat& image, int size);

} // namespace mlvicx
