#pragma once

#include "core/config.h"
#include "methods/method.h"
#include "methods/pretrain/pretrain.h"
#include "mlvicx/multi_level_head.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mlvicx {

/// MLVICX (IEEE JBHI 28(12), 2024; arXiv 2403.11504; azad6629/mlvicx): VICReg on a global and on a multi-level
/// embedding, L = L_global + multi_level_weight L_multi_level, with context bottlenecks between the encoder's stages.
struct MlvicxOptions {
    std::int64_t hidden = 4096; ///< width of both heads
    std::int64_t output = 4096;
    std::int64_t level_channels = 512; ///< channels that every level is projected to
    double multi_level_weight = 1;
    double invariance = 25, variance = 25, covariance = 1; ///< 0 switches a term off
    /// as_described: He initialisation of heads and levels; everything is trained.
    /// as_released: as in the authors' code: LibTorch's default initialisation of the same layers, and the five 1x1
    /// convolutions of the multi-level head are never trained (the optimiser is made before them).
    std::string variant = "as_described";

    // Ablations. multi_level_weight 0 is the global loss only: there is no multi-level head then.
    bool multi_level_only = false; ///< without the global head and loss; `embeddings` are then the multi-level head's
    std::vector<std::int64_t> levels = all_levels; ///< those of the multi-level head: 1 (stem) to 5 (last stage)
    std::int64_t level_size = LevelGrid().size;    ///< side that maps are resized to
    std::int64_t level_cells = LevelGrid().cells;  ///< side of the grid that they are averaged to then
    std::string context = "both"; ///< the bottlenecks' parts: both, channel, spatial, or none: a plain ResNet

    inline static const std::vector<std::int64_t> all_levels = {1, 2, 3, 4, 5};
    /// What follows the backbone in the encoder's name; empty if `context` is none.
    std::string encoder_suffix() const;
};
/// An option of an ablation at its default is not written, so that it leaves identities as they were.
void fields(Fields& f, MlvicxOptions& options);
/// Checks what ranges of single fields cannot: that something is trained, that levels are distinct and that the grid
/// fits. Throws UserError; messages begin with `where` ("plan.json: $.methods[0]").
void require_valid(const MlvicxOptions& options, const std::string& where);
/// The views, optimiser and schedule of the authors' code; the cosine begins when the warm-up ends.
void mlvicx_recipe(PretrainOptions& options);
/// The same, but the cosine divides by all steps, warm-up included, and so ends above its final factor.
void mlvicx_released_recipe(PretrainOptions& options);
/// `encoder`: a ContextEncoder with the parts that `options.context` names (none: a plain ResNet), else UserError; it
/// keeps its weights. `encoder()` is all of it; `backbone_of` gives the plain ResNet.
std::shared_ptr<Method> make_mlvicx(std::shared_ptr<Encoder> encoder, const MlvicxOptions& options);

} // namespace mlvicx
