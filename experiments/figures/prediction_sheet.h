#pragma once

#include "datasets/figure.h"
#include "experiments/saved_model.h"

#include <string>
#include <vector>

namespace mlvicx {

/// A row of the sheet.
struct PredictedPicture {
    std::string name;
    torch::Tensor pixels;      ///< u8 [S, S], as prepared
    torch::Tensor maps;        ///< of each class, [C, h, w], 0 or above
    std::vector<float> scores; ///< C
};

/// Draws a row per image: the image, and the heatmaps of the three classes whose odds are highest in relation to their
/// thresholds (to 1 without a threshold), with their scores.
Drawing prediction_sheet(const ModelFacts& facts, const std::vector<PredictedPicture>& pictures);

} // namespace mlvicx
