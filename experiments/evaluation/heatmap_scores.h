#pragma once

#include "datasets/prepared.h"
#include "experiments/evaluation/heatmaps.h"
#include "results/metrics/localisation.h"
#include "results/store/store.h"

#include <cstdint>
#include <vector>

namespace mlvicx {

/// The test films that have boxes, and the classes that these are of. Both ascending, as positions in the dataset.
struct BoxedFilms {
    std::vector<std::int64_t> films, classes;
    std::vector<std::vector<PixelBox>> boxes; ///< [films, classes]; empty where the film has no box of the class
    const std::vector<PixelBox>& at(std::size_t film, std::size_t c) const { return boxes[film * classes.size() + c]; }
};
BoxedFilms boxed_films(const PreparedDataset& dataset);

/// The figures of results/metrics/localisation.h of `maps` (heatmaps of these films and classes), beside those of the
/// centre prior and the share of the film that the boxes cover; all on the film's own pixels. The set's label is 1
/// where the film has a box of the class, and the values are NaN where it has none.
FilmMetrics score_heatmaps(const PreparedDataset& dataset, const BoxedFilms& boxed, const torch::Tensor& maps,
                           double tolerance);

/// How many of the maps of films with a box of the class are without any heat.
std::int64_t flat_maps(const BoxedFilms& boxed, const torch::Tensor& maps);

} // namespace mlvicx
