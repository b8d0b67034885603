#pragma once

#include "experiments/evaluation/segmentation.h"
#include "experiments/open_dataset.h"

#include <filesystem>

namespace mlvicx {

/// The images with best, median and worst Dice (mean over the masks that the image has), as indices into `images`.
/// Skips images without any mask, so it may return fewer than three. Counts are [images, masks].
std::vector<std::size_t> telling_images(const PixelCounts& counts, std::size_t masks);

/// Draws these test images of a trained segmentation to a PNG, one per row: the image, and the image with the outlines
/// of the true masks in green and of the predicted ones in magenta, with each mask's Dice. `scores` is
/// [chosen, M, S, S].
void segmentation_sheet(const OpenDataset& data, const SegmentationOutcome& outcome, const torch::Tensor& scores,
                        const std::vector<std::size_t>& chosen, const std::string& title,
                        const std::filesystem::path& png);

} // namespace mlvicx
