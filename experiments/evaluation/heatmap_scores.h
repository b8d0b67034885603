#pragma once

#include "datasets/prepared.h"
#include "experiments/evaluation/heatmaps.h"
#include "results/metrics/localisation.h"
#include "results/store/store.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlvicx {

/// The test images that have boxes, and the classes of those boxes. Both are ascending indices into the dataset.
struct BoxedImages {
    std::vector<std::int64_t> images, classes;
    std::vector<std::vector<PixelBox>> boxes; ///< [images, classes]; empty if the image has no box of the class
    const std::vector<PixelBox>& at(std::size_t image, std::size_t c) const {
        return boxes[image * classes.size() + c];
    }
};
/// `counted`: only boxes of these classes; empty: of all.
BoxedImages boxed_images(const PreparedDataset& dataset, const std::vector<std::string>& counted = {});

/// The metrics of results/metrics/localisation.h for `maps` (heatmaps of these images and classes), with those of the
/// centre prior and the fraction of the image that the boxes cover; all computed on the image's own pixels. The set's
/// label is 1 if the image has a box of the class; values are NaN if it has none.
ImageMetrics score_heatmaps(const PreparedDataset& dataset, const BoxedImages& boxed, const torch::Tensor& maps,
                            double tolerance);

/// The number of maps without any heat, among images with a box of the class.
std::int64_t flat_maps(const BoxedImages& boxed, const torch::Tensor& maps);

} // namespace mlvicx
