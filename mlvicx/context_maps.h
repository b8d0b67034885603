#pragma once

#include <torch/types.h>

namespace mlvicx {

// The passes of the context bottleneck (context_encoder.h) over its maps, x [N, C, H, W], with gradients. They are
// memory-bound: each reads a map once, without writing others in between, on the CPU (float32, float64 or bf16; sums in
// float32 or wider) and on GPUs that our kernels run on (float32 or bf16, channels last, a multiple of 8 channels).
// Elsewhere they are the equivalent tensor operations. Among equal maxima the first gets the gradient. NaN shows up in
// the means.

/// The result of a pass, and x for the next pass. In the backward pass each adds its part to that map's gradient in
/// place, so a map must be read by one pass and nothing else.
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
