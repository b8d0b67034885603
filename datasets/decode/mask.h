#pragma once

#include "datasets/decode/notes.h"
#include "datasets/index.h"

#include <opencv2/core.hpp>

#include <optional>
#include <vector>

namespace mlvicx {

/// The pixels of a mask, 0 or 255, in the size of its files (see read_mask), or of `frame` if it is given by runs and
/// areas. An area covers the pixels whose centres are inside it. Throws UserError naming the files if their sizes
/// differ, and as read_mask does.
cv::Mat1b draw_mask(const Mask& mask, Frame frame, Notes& notes);
cv::Mat1b draw_mask(const Mask& mask, Frame frame);

/// For every mask name, the index of the class that says whether an image has this mask: the class of the same name
/// (case-insensitive), or the only class if the only mask is "mask". Empty if there is none: an organ mask.
std::vector<std::optional<std::size_t>> classes_of_masks(const DatasetIndex& index);

/// The prepared mask, [side, side], 255 where at least half of a pixel's area belongs to it, else 0. `size`: of the
/// decoded image; `label`: of the mask's class, empty if it has none. `notes` receives the notes of read_mask, and
/// notes if mask and label disagree or the mask vanishes at this size. Throws UserError naming both sizes if the mask
/// files have a different aspect ratio than the image, allowing for rounding to whole pixels.
cv::Mat1b prepared_mask(const Mask& mask, const ImageEntry& image, cv::Size size, int side,
                        std::optional<std::int8_t> label, Notes& notes);

} // namespace mlvicx
