#pragma once

#include "experiments/evaluation/heatmap_scores.h"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

/// One film of a sheet and the finding that its heatmaps are of; films without boxes are drawn but not scored.
struct ShownFilm {
    std::int64_t film = 0, label = 0; ///< positions in the dataset
    std::vector<PixelBox> boxes;
};

/// Up to `count` test films with boxes, one finding after the other; in a dataset that has none there, test films that
/// are positive. Throws UserError where there are neither.
std::vector<ShownFilm> shown_films(const PreparedDataset& dataset, std::size_t count);

/// What a sheet says of one method: its heatmaps of the shown films, row by row, and the films' scores.
struct ShownMethod {
    std::string name;
    std::vector<torch::Tensor> maps; ///< [h, w] each, 0 or above
    std::vector<float> scores;       ///< probability of the row's finding
};

/// A row per film, a column per method, boxes drawn, and the figures of results/metrics/localisation.h below.
void heatmap_sheet(const PreparedDataset& dataset, const std::vector<ShownFilm>& films,
                   const std::vector<ShownMethod>& methods, double tolerance, const std::string& title,
                   const std::filesystem::path& png);

/// A method's spatial attention at each level: [films, 1, h, w], values 0..1.
struct ShownAttention {
    std::string name;
    std::vector<torch::Tensor> levels;
};
/// A row per film, a column per method and level, each scaled from its least to its greatest value, which are told.
void attention_sheet(const PreparedDataset& dataset, const std::vector<std::int64_t>& films,
                     const std::vector<ShownAttention>& methods, const std::filesystem::path& png);

} // namespace mlvicx
