#include "methods/kernels/max_pool_gpu.h"

#include "methods/kernels/gpu/maps.h"
#include "methods/kernels/gpu/max_pool.cuh"

#include "kernel_source.h"
#include "max_pool_source.h"

#include <torch/torch.h>

namespace mlvicx::pool {

namespace {

using torch::Tensor;

KernelProgram program("max pooling", {{"methods/kernels/gpu/kernel.cuh", kernel_source},
                                      {"methods/kernels/gpu/max_pool.cuh", max_pool_source}});

gpu::PoolShape shape_of(const Tensor& x) {
    return {static_cast<int>(x.size(2)), static_cast<int>(x.size(3)), static_cast<int>(x.size(1))};
}

/// A thread for each pack of a map.
Grid threads_for(const Tensor& map) {
    const auto packs = map.numel() / map.size(0) * map.element_size() / 16;
    return {(packs + gpu::threads - 1) / gpu::threads, map.size(0)};
}

} // namespace

bool runs_on_gpu(const Tensor& map) {
    return program.runs_on(map.device()) && gpu::takes(map);
}

void largest_on_gpu(const Tensor& x, const Tensor& y, const Tensor& taps) {
    gpu::for_type(x, [&](auto type, const std::string& suffix) {
        using T = decltype(type);
        program.launch("largest" + suffix, threads_for(y),
                       typename gpu::Largest<T>::Args{shape_of(x), gpu::values<T>(x), gpu::values<T>(y),
                                                      gpu::values<unsigned char>(taps)},
                       x.device());
    });
}

void largest_backward_on_gpu(const Tensor& grad_y, const Tensor& taps, const Tensor& grad_x) {
    const auto gradient = gpu::at_boundary(grad_y);
    gpu::for_type(grad_x, [&](auto type, const std::string& suffix) {
        using T = decltype(type);
        program.launch("largest_backward" + suffix, threads_for(grad_x),
                       typename gpu::LargestBackward<T>::Args{shape_of(grad_x), gpu::values<T>(gradient),
                                                              gpu::values<unsigned char>(taps), gpu::values<T>(grad_x)},
                       grad_x.device());
    });
}

} // namespace mlvicx::pool
