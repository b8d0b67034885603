#pragma once

#include "core/config.h"
#include "methods/method.h"
#include "methods/pretrain/pretrain.h"

#include <memory>

namespace mlvicx {

/// Barlow Twins (Zbontar et al., ICML 2021; facebookresearch/barlowtwins).
struct BarlowTwinsOptions {
    std::int64_t hidden = 8192;
    std::int64_t output = 8192;
    double lambda = 0.0051;
};
void fields(Fields& f, BarlowTwinsOptions& options);
/// Sets the views, optimiser and schedule of the authors' code.
void barlow_twins_recipe(PretrainOptions& options);
std::shared_ptr<Method> make_barlow_twins(std::shared_ptr<Encoder> encoder, const BarlowTwinsOptions& options);

} // namespace mlvicx
