#include "methods/kernels/convolve.h"

#include "methods/device/torch_version.h"
#include "methods/kernels/im2col_convolution.h"
#include "methods/kernels/winograd_convolution.h"

#include <torch/torch.h>

#include <algorithm>

namespace mlvicx {

namespace {

/// The matrix product is faster for output maps of up to this many pixels; float32's direct kernels lose less on small
/// maps.
constexpr std::int64_t few_in_bf16 = 16, few_in_fp32 = 4;
/// Winograd's pays for transforming the weights if so many channels have one tile of 4 x 4 pixels in the batch or more.
constexpr std::int64_t channels_for_a_tile = 8;

bool worth_winograd(const torch::Tensor& x, const torch::Tensor& weight) {
    const auto tiles = x.size(0) * ((x.size(2) + 3) / 4) * ((x.size(3) + 3) / 4);
    return winograd_takes(x, weight) && tiles * channels_for_a_tile >= std::max(weight.size(0), weight.size(1));
}

} // namespace

torch::Tensor convolve(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride) {
    const auto kernel = weight.size(2), padding = kernel / 2;
    if (!x.is_cpu() || kernel == 1) return torch::conv2d(x, weight, {}, stride, padding);
    const auto out = [&](std::int64_t in) { return (in + 2 * padding - kernel) / stride + 1; };
    const auto pixels = out(x.size(2)) * out(x.size(3));
    if (autocast_enabled(torch::kCPU)) {
        if (pixels > few_in_bf16) return torch::conv2d(x, weight, {}, stride, padding);
        return im2col_convolution(autocast_to_bf16(x), autocast_to_bf16(weight), stride);
    }
    if (pixels <= few_in_fp32) return im2col_convolution(x, weight, stride);
    if (stride == 1 && worth_winograd(x, weight)) return winograd_convolution(x, weight);
    return torch::conv2d(x, weight, {}, stride, padding);
}

} // namespace mlvicx
