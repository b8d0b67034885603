#include "mlvicx/context_gpu.h"

#include "methods/kernels/gpu/maps.h"
#include "mlvicx/gpu/context_gates.cuh"

#include "context_gates_source.h"
#include "context_source.h"
#include "kernel_source.h"

#include <torch/torch.h>

namespace mlvicx::context {

namespace {

using torch::Tensor;

KernelProgram program("the context bottleneck", {{"methods/kernels/gpu/kernel.cuh", kernel_source},
                                                 {"mlvicx/gpu/context.cuh", context_source},
                                                 {"mlvicx/gpu/context_gates.cuh", context_gates_source}});

/// The rows of all images, in about so many blocks that a large card is full twice over.
gpu::Rows rows_of(const Tensor& map) {
    return gpu::rows_of(map, map.size(0), 2048);
}

/// A thread for each channel of each image.
Grid of_channels(const gpu::Rows& rows) {
    return {(rows.channels + gpu::threads - 1) / gpu::threads, rows.parts};
}

/// [images, blocks, channels].
Tensor of_blocks(const gpu::Rows& rows, const Tensor& like, torch::ScalarType type = torch::kFloat32) {
    return at::empty({rows.parts, rows.blocks, rows.channels}, like.options().dtype(type));
}

template <typename T> gpu::FoundMaps<T> outputs(const FoundTensors& found) {
    return {gpu::values<T>(found.mean), gpu::values<T>(found.maximum), gpu::values<int>(found.position)};
}
template <typename T> gpu::FoundGradients<T> inputs(const FoundTensors& found) {
    return {gpu::values<T>(found.mean), gpu::values<T>(found.maximum), gpu::values<int>(found.position)};
}
FoundTensors readable(const FoundTensors& found) {
    return {gpu::at_boundary(found.mean), gpu::at_boundary(found.maximum), found.position};
}

template <typename T>
void finish_sums(const gpu::Rows& rows, const Tensor& blocks, const Tensor& sums, const std::string& suffix) {
    program.launch("finish_sums" + suffix, of_channels(rows),
                   typename gpu::FinishSums<T>::Args{rows, gpu::values<float>(blocks), gpu::values<T>(sums)},
                   sums.device());
}

} // namespace

bool runs_on_gpu(const Tensor& map) {
    return program.runs_on(map.device()) && gpu::takes(map);
}

Tensor readable_on_gpu(const Tensor& map) {
    return gpu::at_boundary(map);
}

void over_pixels_on_gpu(const Tensor& x, const FoundTensors& found) {
    const auto rows = rows_of(x);
    const FoundTensors blocks{of_blocks(rows, x), of_blocks(rows, x), of_blocks(rows, x, torch::kInt32)};
    gpu::for_type(x, [&](auto type, const std::string& suffix) {
        using T = decltype(type);
        using OverPixels = gpu::OverPixels<T>;
        program.launch("over_pixels" + suffix, gpu::grid_over<OverPixels>(rows),
                       typename OverPixels::Args{rows, gpu::values<T>(x), outputs<float>(blocks)}, x.device());
        program.launch("finish_pixels" + suffix, of_channels(rows),
                       typename gpu::FinishPixels<T>::Args{rows, outputs<float>(blocks), outputs<T>(found)},
                       x.device());
    });
}

void over_pixels_backward_on_gpu(const FoundTensors& of_found, const Tensor& grad_x) {
    const auto rows = rows_of(grad_x);
    const auto found = readable(of_found);
    gpu::for_type(grad_x, [&](auto type, const std::string& suffix) {
        using T = decltype(type);
        using Backward = gpu::OverPixelsBackward<T>;
        program.launch("over_pixels_backward" + suffix, gpu::grid_over<Backward>(rows),
                       typename Backward::Args{rows, inputs<T>(found), gpu::values<T>(grad_x)}, grad_x.device());
    });
}

void over_channels_on_gpu(const Tensor& x, const Tensor& channels, const FoundTensors& found) {
    const auto readable_channels = gpu::at_boundary(channels);
    gpu::for_type(x, [&](auto type, const std::string& suffix) {
        using T = decltype(type);
        using OverChannels = gpu::OverChannels<T>;
        const auto rows = gpu::rows_in_passes(x, x.size(0), OverChannels::passes);
        program.launch(
            "over_channels" + suffix, gpu::grid_over<OverChannels>(rows),
            typename OverChannels::Args{rows, gpu::values<T>(x), gpu::values<T>(readable_channels), outputs<T>(found)},
            x.device());
    });
}

void over_channels_backward_on_gpu(const Tensor& x, const Tensor& channels, const FoundTensors& of_found,
                                   const Tensor& grad_x, const Tensor& grad_channels) {
    const auto rows = rows_of(x);
    const auto blocks = of_blocks(rows, x), readable_channels = gpu::at_boundary(channels);
    gpu::for_type(x, [&](auto type, const std::string& suffix) {
        using T = decltype(type);
        using Backward = gpu::OverChannelsBackward<T>;
        program.launch("over_channels_backward" + suffix, gpu::grid_over<Backward>(rows),
                       typename Backward::Args{rows, gpu::values<T>(x), gpu::values<T>(readable_channels),
                                               inputs<T>(of_found), gpu::values<T>(grad_x), gpu::values<float>(blocks)},
                       x.device());
        finish_sums<T>(rows, blocks, grad_channels, suffix);
    });
}

void gated_on_gpu(const GateTensors& in, const Tensor& y) {
    const auto rows = rows_of(in.x);
    const auto channels = gpu::at_boundary(in.channels);
    gpu::for_type(in.x, [&](auto type, const std::string& suffix) {
        using T = decltype(type);
        program.launch("gated" + suffix, gpu::grid_over<gpu::Gated<T>>(rows),
                       typename gpu::Gated<T>::Args{rows, gpu::values<T>(in.x), gpu::values<T>(channels),
                                                    gpu::values<T>(in.pixels), gpu::values<T>(y)},
                       in.x.device());
    });
}

void gated_backward_on_gpu(const GateTensors& in, const Tensor& grad_y, const GateTensors& gradients) {
    const auto channels = gpu::at_boundary(in.channels), from = gpu::at_boundary(grad_y);
    gpu::for_type(in.x, [&](auto type, const std::string& suffix) {
        using T = decltype(type);
        using Backward = gpu::GatedBackward<T>;
        const auto rows = gpu::rows_in_passes(in.x, in.x.size(0), Backward::passes);
        const auto blocks = of_blocks(rows, in.x);
        program.launch("gated_backward" + suffix, gpu::grid_over<Backward>(rows),
                       typename Backward::Args{rows, gpu::values<T>(in.x), gpu::values<T>(channels),
                                               gpu::values<T>(in.pixels), gpu::values<T>(from),
                                               gpu::values<T>(gradients.x), gpu::values<T>(gradients.pixels),
                                               gpu::values<float>(blocks)},
                       in.x.device());
        finish_sums<T>(rows, blocks, gradients.channels, suffix);
    });
}

} // namespace mlvicx::context
