#pragma once

#include "core/config.h"
#include "methods/method.h"
#include "methods/pretrain/pretrain.h"

#include <memory>

namespace mlvicx {

/// SimCLR with version 2's head (Chen et al., ICML and NeurIPS 2020; google-research/simclr tf2): three layers, a norm
/// on each, the output's without bias. As in the authors' code both views share one batch, so that batch norm sees them
/// together. Deviation: linear layers start from LibTorch's default initialisation, not from a normal of deviation
/// 0.01.
struct SimclrOptions {
    std::int64_t hidden = 0; ///< width of the head's hidden layers; 0: the encoder's features
    std::int64_t output = 128;
    double temperature = 0.1;
};
void fields(Fields& f, SimclrOptions& options);
/// Sets the views, optimiser and schedule of the authors' code.
void simclr_recipe(PretrainOptions& options);
std::shared_ptr<Method> make_simclr(std::shared_ptr<Encoder> encoder, const SimclrOptions& options);

} // namespace mlvicx
