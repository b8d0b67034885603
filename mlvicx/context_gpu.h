#pragma once

#include <torch/types.h>

namespace mlvicx::context {

// The passes of context_kernels.h over all images of a channels-last map [N, C, H, W] on a GPU, with the same names and
// the same arguments: channels are [N, C], pixels [N, H, W] or [N, 1, H, W].

/// True if they run for this map (float32 or bf16).
bool runs_on_gpu(const torch::Tensor& map);

/// What a pass finds, or the gradients of that: of x's type, positions in int32.
struct FoundTensors {
    torch::Tensor mean, maximum, position;
};
struct GateTensors {
    torch::Tensor x, channels, pixels;
};

void over_pixels_on_gpu(const torch::Tensor& x, const FoundTensors& found);
void over_pixels_backward_on_gpu(const FoundTensors& of_found, const torch::Tensor& grad_x);
void over_channels_on_gpu(const torch::Tensor& x, const torch::Tensor& channels, const FoundTensors& found);
void over_channels_backward_on_gpu(const torch::Tensor& x, const torch::Tensor& channels, const FoundTensors& of_found,
                                   const torch::Tensor& grad_x, const torch::Tensor& grad_channels);
void gated_on_gpu(const GateTensors& in, const torch::Tensor& y);
void gated_backward_on_gpu(const GateTensors& in, const torch::Tensor& grad_y, const GateTensors& gradients);

/// The map, or a copy of it that these functions can read.
torch::Tensor readable_on_gpu(const torch::Tensor& map);

} // namespace mlvicx::context
