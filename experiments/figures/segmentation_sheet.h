#pragma once

#include "datasets/figure.h"
#include "experiments/evaluation/segmentation.h"
#include "experiments/open_dataset.h"

namespace mlvicx {

/// The images with best, median and worst Dice (mean over the masks that the image has), as indices into `images`.
/// Skips images without any mask, so it may return fewer than three. Counts are [images, masks].
std::vector<std::size_t> telling_images(const PixelCounts& counts, std::size_t masks);

/// Draws these test images of a trained segmentation, one per row: the image, and the image with the true masks as
/// outlines and the predicted ones as tints, each in its mask's colour, with its Dice. `scores` is [chosen, M, S, S].
Drawing segmentation_sheet(const OpenDataset& data, const SegmentationOutcome& outcome, const torch::Tensor& scores,
                           const std::vector<std::size_t>& chosen, const std::string& title);

} // namespace mlvicx
