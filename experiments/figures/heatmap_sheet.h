#pragma once

#include "experiments/evaluation/heatmap_scores.h"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

/// One row of a figure: an image and the finding that its heatmaps show. Images without boxes are drawn but not scored.
struct ShownImage {
    std::int64_t image = 0, label = 0; ///< indices into the dataset
    std::vector<PixelBox> boxes;
};

/// Up to `count` test images with boxes, ordered by finding; if no test image has boxes, positive test images. Throws
/// UserError if there are neither.
std::vector<ShownImage> shown_images(const PreparedDataset& dataset, std::size_t count);

/// One method's column of a figure: its heatmaps of the shown images, row by row, and the images' scores.
struct ShownMethod {
    std::string name;
    std::vector<torch::Tensor> maps; ///< [h, w] each, 0 or above
    std::vector<float> scores;       ///< probability of the row's finding
};

/// Draws a row per image and a column per method, with boxes, and the metrics of results/metrics/localisation.h below.
void heatmap_sheet(const PreparedDataset& dataset, const std::vector<ShownImage>& images,
                   const std::vector<ShownMethod>& methods, double tolerance, const std::string& title,
                   const std::filesystem::path& png);

/// A method's spatial attention at each level: [images, 1, h, w], values 0..1.
struct ShownAttention {
    std::string name;
    std::vector<torch::Tensor> levels;
};
/// Draws a row per image and a column per method and level, each scaled from its minimum to its maximum, which are
/// printed below.
void attention_sheet(const PreparedDataset& dataset, const std::vector<std::int64_t>& images,
                     const std::vector<ShownAttention>& methods, const std::filesystem::path& png);

} // namespace mlvicx
