#pragma once

#include "core/config.h"
#include "methods/method.h"
#include "methods/pretrain/pretrain.h"

#include <memory>

namespace mlvicx {

/// BYOL (Grill et al., NeurIPS 2020; google-deepmind/deepmind-research byol). The target is a moving average of encoder
/// and projector (submodule `target`), without gradient; its batch norm runs in training mode, so its running
/// statistics come from its own forward passes and are not averaged. Difference: linear layers use LibTorch's default
/// initialisation.
struct ByolOptions {
    std::int64_t hidden = 4096;
    std::int64_t output = 256;
    double target_rate = 0.99; ///< moving-average rate at the start; 0.996 for 1000 epochs
    /// Learning rate of the predictor relative to the others'. A predictor close to its optimum is what keeps BYOL from
    /// collapsing (the paper's section 5 and appendix; Tian, Chen, Ganguli, ICML 2021): in runs of a few hundred steps
    /// it cannot keep up in time and needs more than 1.
    double predictor_rate_factor = 1;
};
void fields(Fields& f, ByolOptions& options);
/// Sets the views, optimiser and schedule of the authors' code. Learning rate and weight decay depend on
/// `options.epochs`: the authors' settings for 100 epochs up to 100, for 300 up to 300, for 1000 beyond.
void byol_recipe(PretrainOptions& options);
/// The target starts as an exact copy of `encoder` in its current state.
std::shared_ptr<Method> make_byol(std::shared_ptr<Encoder> encoder, const ByolOptions& options);

} // namespace mlvicx
