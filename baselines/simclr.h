#pragma once

#include "core/config.h"
#include "methods/method.h"
#include "methods/pretrain/pretrain.h"

#include <memory>

namespace mlvicx {

/// SimCLR with version 2's head (Chen et al., ICML and NeurIPS 2020; google-research/simclr tf2): three layers, each
/// followed by a norm, the output's without bias. As in the authors' code both views share one batch, so that batch
/// norm sees them together. Difference: linear layers use LibTorch's default initialisation, not a normal distribution
/// with standard deviation 0.01.
struct SimclrOptions {
    std::int64_t hidden = 0; ///< width of the head's hidden layers; 0: the encoder's feature count
    std::int64_t output = 128;
    double temperature = 0.1;
};
void fields(Fields& f, SimclrOptions& options);
/// Sets the views, optimiser and schedule of the authors' code.
void simclr_recipe(PretrainOptions& options);
std::shared_ptr<Method> make_simclr(std::shared_ptr<Encoder> encoder, const SimclrOptions& options);

} // namespace mlvicx
