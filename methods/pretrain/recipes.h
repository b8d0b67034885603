#pragma once

#include "methods/pretrain/pretrain.h"

namespace mlvicx {

/// BYOL's pair of views (google-deepmind/deepmind-research byol/utils/augmentations.py), adopted by VICReg, Barlow
/// Twins and MLVICX: equal except for blur (always; 0.1) and solarize (never; 0.2).
inline void byol_views(PretrainOptions& options) {
    options.view1 = options.view2 = ViewRecipe{};
    options.view2.blur = 0.1;
    options.view2.solarize = 0.2;
}

/// The optimiser of all five methods: LARS, momentum 0.9, trust 0.001; norms and biases without decay and trust ratio.
inline OptimizerOptions lars(double learning_rate, double weight_decay) {
    OptimizerOptions optimizer;
    optimizer.name = "lars";
    optimizer.learning_rate = learning_rate;
    optimizer.weight_decay = weight_decay;
    return optimizer;
}

} // namespace mlvicx
