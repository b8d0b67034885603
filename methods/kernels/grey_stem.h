#pragma once

#include <torch/types.h>

#include <array>

namespace mlvicx {

/// ImageNet's mean and standard deviation of each channel, by which the encoders' inputs are normalised.
inline constexpr std::array<double, 3> input_mean{0.485, 0.456, 0.406}, input_deviation{0.229, 0.224, 0.225};

/// True if the stem takes grey images on this device: a GPU that runs our kernels.
bool stem_takes_grey(const torch::Device& device);

/// stem_convolution of `grey` [N, 1, H, W] float32 in 0..1, on such a device, in three normalised channels, and
/// `weight` [O, 3, 7, 7]. All three are linear in the grey value, so it is a convolution of one channel, and of ones
/// for what they differ in, whose zeros beyond the image are theirs; in blocks of 2 x 2 pixels it is one of 4x4 with
/// eight channels, which fill the matrix units, and stride 1. `grey` gets no gradient. In bf16 under autocast.
torch::Tensor grey_stem_convolution(const torch::Tensor& grey, const torch::Tensor& weight);

} // namespace mlvicx
