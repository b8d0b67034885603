#pragma once

#include "datasets/decode/notes.h"
#include "datasets/index.h"

#include <opencv2/core.hpp>

#include <optional>
#include <vector>

namespace mlvicx {

/// The pixels of a mask, 0 or 255: of its files' size (see read_mask), or of `frame` where runs and areas give it. An
/// area covers the pixels whose centres lie in it. Throws UserError naming the files where their sizes differ, and as
/// read_mask does.
cv::Mat1b draw_mask(const Mask& mask, Frame frame, Notes& notes);
cv::Mat1b draw_mask(const Mask& mask, Frame frame);

/// For every mask name the position of the class that says whether an image has this mask: the one of its name, in any
/// case of letters, or the only class for the only mask "mask". Nothing where there is none: a mask of an organ.
std::vector<std::optional<std::size_t>> classes_of_masks(const DatasetIndex& index);

/// The mask as it is prepared, [side, side], 255 where at least half of a pixel's area belongs to it, else 0. `image`:
/// the decoded image's size; `label`: of the mask's class, nothing where it has none. `notes` receives what read_mask
/// finds, and where mask and label disagree or the mask is lost at this size. Throws UserError naming both sizes where
/// mask files have another shape than the image, as far as shapes survive rounding to whole pixels.
cv::Mat1b prepared_mask(const Mask& mask, const ImageEntry& image, cv::Size size, int side,
                        std::optional<std::int8_t> label, Notes& notes);

} // namespace mlvicx
