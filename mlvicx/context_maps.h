#pragma once

#include <torch/types.h>

namespace mlvicx {

// The passes of the context bottleneck over its maps, x [N, C, H, W], with gradients. They are bound by memory: on the
// CPU each reads a map once, without writing others in between (float32, float64 or bf16; sums in float32 or wider). On
// other devices they are the tensor operations that they stand for. Of equal maxima the first gets the gradient. A
// value that is not a number shows in the means. What they serve: context_encoder.h.

/// What a pass found, and x for the pass after it. Going back each adds its share to that map's gradient in place, so
/// one pass may read the map, and nothing else.
struct Pass {
    torch::Tensor found, map;
};

/// Mean and maximum of each channel: [2 N, C], the means first.
Pass over_pixels(const torch::Tensor& x);

/// Mean and maximum over the channels of x * channels, for channels [N, C]: [N, 2, H, W].
Pass over_channels(const torch::Tensor& x, const torch::Tensor& channels);

/// x * channels * pixels for channels [N, C] and pixels [N, 1, H, W].
torch::Tensor gated(const torch::Tensor& x, const torch::Tensor& channels, const torch::Tensor& pixels);

} // namespace mlvicx
