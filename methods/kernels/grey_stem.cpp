#include "methods/kernels/grey_stem.h"

#include "methods/device/torch_version.h"
#include "methods/kernels/gpu/maps.h"
#include "methods/kernels/gpu/stem.cuh"

#include "kernel_source.h"
#include "stem_source.h"

#include <torch/torch.h>

namespace mlvicx {

namespace {

using torch::Tensor;

KernelProgram program("stem", {{"methods/kernels/gpu/kernel.cuh", kernel_source},
                               {"methods/kernels/gpu/stem.cuh", stem_source}});

constexpr std::int64_t padding = 3, border = padding + 1; ///< a row and column of zero weights comes first
constexpr double centre = 0.45, spread = 0.225;           ///< about those of all channels, so that bf16 loses nothing

/// [N, 8, rows + 3, columns + 3] for an output of [rows, columns], channels last.
Tensor blocks_of(const Tensor& grey, torch::ScalarType type) {
    const auto images = grey.size(0), height = grey.size(2), width = grey.size(3);
    const auto high = (height + 1) / 2 + padding, wide = (width + 1) / 2 + padding;
    const auto pixels = grey.contiguous();
    const auto blocks = at::empty({images, high, wide, 8}, grey.options().dtype(type));
    gpu::for_type(blocks, [&](auto value, const std::string& suffix) {
        using T = decltype(value);
        const auto packs = high * wide * (8 / gpu::width<T>);
        program.launch("stem_blocks" + suffix, {(packs + gpu::threads - 1) / gpu::threads, images},
                       typename gpu::StemBlocks<T>::Args{
                           static_cast<int>(height), static_cast<int>(width), static_cast<int>(high),
                           static_cast<int>(wide), static_cast<int>(border), static_cast<float>(centre),
                           static_cast<float>(spread), gpu::values<float>(pixels), gpu::values<T>(blocks)},
                       grey.device());
    });
    return blocks.permute({0, 3, 1, 2});
}

/// The sum over channels c of weight_c factor_c, [O, 1, 7, 7].
Tensor mixed(const Tensor& weight, const std::array<double, 3>& factors) {
    Tensor sum;
    for (std::size_t c = 0; c < factors.size(); ++c) {
        const auto term = weight.narrow(1, static_cast<std::int64_t>(c), 1) * factors[c];
        sum = sum.defined() ? sum + term : term;
    }
    return sum;
}

/// The weights of the blocks' convolution, [O, 8, 4, 4].
Tensor weights_of(const Tensor& weight) {
    std::array<double, 3> of_grey{}, of_ones{}; // channel c is (grey - mean) / deviation = grey' of_grey + of_ones
    for (std::size_t c = 0; c < 3; ++c) {
        of_grey[c] = spread / input_deviation[c];
        of_ones[c] = (centre - input_mean[c]) / input_deviation[c];
    }
    const auto both = at::constant_pad_nd(at::cat({mixed(weight, of_grey), mixed(weight, of_ones)}, 1), {1, 0, 1, 0});
    return both.reshape({-1, 2, 4, 2, 4, 2}).permute({0, 3, 5, 1, 2, 4}).reshape({-1, 8, 4, 4});
}

} // namespace

bool stem_takes_grey(const torch::Device& device) {
    return program.runs_on(device);
}

Tensor grey_stem_convolution(const Tensor& grey, const Tensor& weight) {
    const bool narrow = autocast_enabled(grey.device().type());
    return at::conv2d(blocks_of(grey, narrow ? torch::kBFloat16 : torch::kFloat32), weights_of(weight));
}

} // namespace mlvicx
