#pragma once

#include "datasets/figure.h"
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

/// Up to `count` test images with boxes, ordered by finding; if no test image has boxes, positive test images; empty if
/// there are neither.
std::vector<ShownImage> shown_images(const PreparedDataset& dataset, std::size_t count);

/// One method's column of a figure: its heatmaps of the shown images, row by row, and the images' scores.
struct ShownMethod {
    std::string name;
    std::vector<torch::Tensor> maps; ///< [h, w] each, 0 or above
    std::vector<float> scores;       ///< probability of the row's finding
};

/// The maps of ShownMethod: of each image in `shown` for its own finding, as heatmaps() makes them from `images`
/// u8 [N, S, S].
std::vector<torch::Tensor> shown_maps(Encoder& encoder, const LinearHead& head, const torch::Tensor& images,
                                      const std::vector<ShownImage>& shown, std::int64_t layer,
                                      const Inference& inference);
/// The scores of ShownMethod, from those of all test images, [test, classes]; `test` is ascending.
std::vector<float> shown_scores(const std::vector<ShownImage>& shown, const std::vector<float>& scores,
                                const std::vector<std::int64_t>& test, std::size_t classes);

/// Draws a row per image and a column per method, with boxes, and the metrics of results/metrics/localisation.h below.
Drawing heatmap_sheet(const PreparedDataset& dataset, const std::vector<ShownImage>& images,
                      const std::vector<ShownMethod>& methods, double tolerance, const std::string& title);

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
