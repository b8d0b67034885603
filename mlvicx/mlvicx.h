#pragma once

#include "core/config.h"
#include "methods/method.h"
#include "methods/pretrain/pretrain.h"

#include <memory>
#include <string>

namespace mlvicx {

/// MLVICX (IEEE JBHI 28(12), 2024; arXiv 2403.11504; azad6629/mlvicx): VICReg on a global and on a multi-level
/// embedding, L = L_global + multi_level_weight L_multi_level, with context bottlenecks between the encoder's stages.
struct MlvicxOptions {
    std::int64_t hidden = 4096; ///< width of both heads
    std::int64_t output = 4096;
    std::int64_t level_channels = 512; ///< channels that every level is projected to
    double multi_level_weight = 1;
    double invariance = 25, variance = 25, covariance = 1;
    /// as_described: He initialisation of heads and levels; everything is trained.
    /// as_released: as in the authors' code: LibTorch's default initialisation of the same layers, and the five 1x1
    /// convolutions of the multi-level head are never trained (the optimiser is made before them).
    std::string variant = "as_described";
};
void fields(Fields& f, MlvicxOptions& options);
/// The views, optimiser and schedule of the authors' code; the cosine begins when the warm-up ends.
void mlvicx_recipe(PretrainOptions& options);
/// The same, but the cosine divides by all steps, warm-up included, and so ends above its final factor.
void mlvicx_released_recipe(PretrainOptions& options);
/// `encoder`: a ContextEncoder, else UserError; it keeps its weights. `encoder()` is the whole ContextEncoder;
/// `backbone_of` gives the plain ResNet.
std::shared_ptr<Method> make_mlvicx(std::shared_ptr<Encoder> encoder, const MlvicxOptions& options);

} // namespace mlvicx
