#pragma once

#include "datasets/prepared.h"
#include "experiments/evaluation/heatmaps.h"
#include "results/metrics/localisation.h"
#include "results/store/store.h"

#include <cstdint>
#include <vector>

namespace mlvicx {

/// The test images that have boxes, and the classes that these are of. Both ascending, as positions in the dataset.
struct BoxedImages {
    std::vector<std::int64_t> images, classes;
    std::vector<std::vector<PixelBox>> boxes; ///< [images, classes]; empty where the image has no box of the class
    const std::vector<PixelBox>& at(std::size_t image, std::size_t c) const {
        return boxes[image * classes.size() + c];
    }
};
BoxedImages boxed_images(const PreparedDataset& dataset);

/// The figures of results/metrics/localisation.h of `maps` (heatmaps of these images and classes), beside those of the
/// centre prior and the share of the image that the boxes cover; all on the image's own pixels. The set's label is 1
/// where the image has a box of the class, and the values are NaN where it has none.
ImageMetrics score_heatmaps(const PreparedDataset& dataset, const BoxedImages& boxed, const torch::Tensor& maps,
                            double tolerance);

/// How many of the maps of images with a box of the class are without any heat.
std::int64_t flat_maps(const BoxedImages& boxed, const torch::Tensor& maps);

} // namespace mlvicx
