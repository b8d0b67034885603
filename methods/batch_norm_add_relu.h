#pragma once

#include <torch/nn.h>

namespace mlvicx {

/// What follows a batch norm in its layer.
enum class Activation { none, relu };

/// Batch norm of x [N, C, H, W] (Ioffe and Szegedy, ICML 2015), then + `added` of the same shape where it is given,
/// then the activation. Of two views that pass together (two_views.h) each is normalised by itself in training, and the
/// running statistics take the first before the second, as in two passes. On the CPU, in training and channels last,
/// all of it goes over the map in two passes (float32, float64 or bf16; sums in float32 or wider), and back in two;
/// everywhere else it is LibTorch's operations, one after the other.
torch::Tensor normalise(torch::nn::BatchNorm2d& norm, const torch::Tensor& x, Activation activation = Activation::none,
                        const torch::Tensor& added = {});

} // namespace mlvicx
