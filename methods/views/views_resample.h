#pragma once

#include "methods/views/views.h"

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace mlvicx {

/// A stretch of an axis that is resampled to a whole output axis.
struct Stretch {
    std::int64_t begin = 0, length = 0; ///< in input pixels
    bool reversed = false;              ///< output runs from its end to its start
};

enum class Interpolation { bicubic, bilinear };
Interpolation interpolation_of(const ViewRecipe& recipe);

/// The input pixels that any output pixel may need: as many as those of the longest possible stretch, since with the
/// longest of a batch rounding would depend on the batch.
std::int64_t resampling_taps(std::int64_t in, std::int64_t out, Interpolation interpolation);

/// The radius of the blurs of views of this size, in pixels; 0: they have none, as they are too small.
std::int64_t blur_radius(std::int64_t size);

/// One matrix per stretch, [B, out, in] float32 on `device`: output = matrix x input. Antialiased like Pillow's resize
/// (bicubic with a = -0.5, or triangle; the kernel widens with the reduction and is cut at the stretch's ends, with
/// weights summing to one). Weights are computed in float64, on `device`; an image's do not depend on the other
/// stretches.
torch::Tensor resampling_matrices(const std::vector<Stretch>& stretches, std::int64_t in, std::int64_t out,
                                  Interpolation interpolation, const torch::Device& device);

/// One matrix per standard deviation (pixels, positive), [B, size, size]: a Gaussian of 2 x radius + 1 taps,
/// normalised, the axis reflected at its ends without repeating the edge pixel. radius < size.
torch::Tensor blur_matrices(const std::vector<double>& sigmas, std::int64_t size, std::int64_t radius,
                            const torch::Device& device);

} // namespace mlvicx
