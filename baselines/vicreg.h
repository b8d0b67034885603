#pragma once

#include "core/config.h"
#include "methods/method.h"
#include "methods/pretrain/pretrain.h"

#include <memory>

namespace mlvicx {

/// VICReg (Bardes, Ponce, LeCun, ICLR 2022; facebookresearch/vicreg).
struct VicregOptions {
    std::int64_t hidden = 8192;
    std::int64_t output = 8192;
    double invariance = 25, variance = 25, covariance = 1;
};
void fields(Fields& f, VicregOptions& options);
/// Sets the views, optimiser and schedule of the authors' code.
void vicreg_recipe(PretrainOptions& options);
std::shared_ptr<Method> make_vicreg(std::shared_ptr<Encoder> encoder, const VicregOptions& options);

} // namespace mlvicx
