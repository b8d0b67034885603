#pragma once

#include "core/error.h"
#include "datasets/dicom/dicom.h"

#include <opencv2/core.hpp>

#include <filesystem>
#include <string>

namespace mlvicx {

/// An image of a single value, or one whose content is in a channel that is not read: nothing can be seen in it.
class BlankImage : public UserError {
public:
    using UserError::UserError;
};

/// Decodes an image to 8-bit grey [height, width] from PNG, JPEG or DICOM, recognised by content. 8-bit values are
/// unchanged. Deeper values become 8 bits by grey_levels and `window`; the significant bits of a 16-bit PNG are those
/// that its sBIT chunk declares, whether they are the upper ones, as the standard requires, or the lower ones, as many
/// writers leave them. Colour becomes luma, alpha is ignored, and the image is rotated by its EXIF orientation. DICOM:
/// see decode_dicom. `rule`, if given, receives a short description of how pixels became 8-bit. `attributes`, if given,
/// receives what a DICOM header says of sex, age and view, as it writes them. Throws UserError naming
/// the file if it is empty, truncated, corrupt or of an unknown format (a decoder's warning about missing data counts
/// as an error), and BlankImage if the whole picture is in the alpha channel.
cv::Mat decode_image(const std::filesystem::path& file, Window window = Window::automatic, std::string* rule = nullptr,
                     AttributeTexts* attributes = nullptr);

/// Square resize by area averaging (bilinear when enlarging).
cv::Mat resize_image(const cv::Mat& image, int size);

} // namespace mlvicx
