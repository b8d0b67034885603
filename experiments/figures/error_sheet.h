#pragma once

#include "datasets/figure.h"
#include "datasets/prepared.h"
#include "experiments/evaluation/class_errors.h"

#include <torch/types.h>

#include <string>
#include <vector>

namespace mlvicx {

/// A row of a figure of errors.
struct ErrorRow {
    std::string kind; ///< "false positive"
    std::vector<ErrorImage> images;
    std::vector<torch::Tensor> maps; ///< heatmap of the class for each image, [h, w]; none: the row is without heatmaps
};

/// Draws rows of test images that a class's threshold gets wrong, each with its score, its name and what it shows by
/// its labels, and with its heatmap below it. Boxes and masks of the class are drawn in its colour. `headings` as in
/// Drawing.
Drawing error_sheet(const PreparedDataset& dataset, const std::string& class_name, const std::vector<ErrorRow>& rows,
                    const std::vector<std::string>& headings);

} // namespace mlvicx
