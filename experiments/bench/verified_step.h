#pragma once

#include "experiments/bench/measured_step.h"
#include "experiments/bench/operations.h"

#include <torch/types.h>

#include <cstdint>

namespace mlvicx {

/// A step of a few images that was found right, and what it says about larger ones.
struct VerifiedStep {
    std::int64_t images = 0;
    double loss = 0;      ///< the first of pretrain() in the precision that is timed
    double reference = 0; ///< the same in float64 on the CPU, on contiguous maps, where LibTorch's operators compute
                          ///< the norms and the pooling instead of the suite's kernels
    double tolerance = 0; ///< of their difference, relative to the reference
    Operations fixed, per_image; ///< what a step computes: `fixed` + images * `per_image`

    Operations of(std::int64_t images_of_step) const;
};

/// Makes such a step from the method's initial weights, with the first of the images. Throws InternalError if its loss
/// is not the reference's.
VerifiedStep verified_step(const PlanMethod& method, const StepImages& images, const torch::Device& device);

/// The views of the first `count` images as the first epoch makes them, [count, 3, S, S] each, on the CPU.
std::pair<torch::Tensor, torch::Tensor> first_views(const PlanMethod& method, const StepImages& images,
                                                    std::int64_t count);

} // namespace mlvicx
