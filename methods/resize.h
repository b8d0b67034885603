#pragma once

#include <torch/types.h>

#include <cstdint>

namespace mlvicx {

/// [in, out]: column j has the weights of a line's `in` values in value j of the line resized to `out`, as
/// torch::upsample_linear1d has them without aligned corners. Float64 if the options ask for it, else float32; on their
/// device. A map is resized by a product on each side, x [.., h, w] -> rows^T x columns.
torch::Tensor line_weights(std::int64_t in, std::int64_t out, const torch::TensorOptions& options);

} // namespace mlvicx
