#pragma once

#include <torch/nn/modules/conv.h>
#include <torch/types.h>

namespace mlvicx {

/// The convolution's output; on the CPU over maps of a few pixels as one matrix product, same value and gradients up to
/// rounding (first derivatives only). The CPU library's direct kernels reach a tenth of its matrix product's rate
/// there, and films of 48 to 128 pixels end in such maps. Square kernels, zero padding, no bias, no groups. Takes part
/// in autocast as convolutions do.
torch::Tensor convolve(torch::nn::Conv2d& convolution, const torch::Tensor& x);

} // namespace mlvicx
