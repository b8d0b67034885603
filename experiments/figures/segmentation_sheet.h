#pragma once

#include "experiments/evaluation/segmentation.h"
#include "experiments/open_dataset.h"

#include <filesystem>

namespace mlvicx {

/// Images to look at, positions in `images`: of best, median and worst Dice, mean over the masks that the image has.
/// Images without any mask are passed over; fewer than three where there are not three others. Counts are [images,
/// masks].
std::vector<std::size_t> telling_images(const PixelCounts& counts, std::size_t masks);

/// A picture (PNG) of these test images of a trained segmentation, a row each: the image, and the image with the
/// outlines of the true masks in green and of the predicted ones in magenta, with each mask's Dice. `scores` [chosen,
/// M, S, S].
void segmentation_sheet(const OpenDataset& data, const SegmentationOutcome& outcome, const torch::Tensor& scores,
                        const std::vector<std::size_t>& chosen, const std::string& title,
                        const std::filesystem::path& png);

} // namespace mlvicx
