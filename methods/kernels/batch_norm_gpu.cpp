#include "methods/kernels/batch_norm_passes.h"

#include "methods/kernels/gpu/batch_norm_backward.cuh"
#include "methods/kernels/gpu/maps.h"

#include "batch_norm_backward_source.h"
#include "batch_norm_source.h"
#include "kernel_source.h"

#include <torch/torch.h>

namespace mlvicx::norm {

namespace {

using torch::Tensor;

KernelProgram program("batch norm", {{"methods/kernels/gpu/kernel.cuh", kernel_source},
                                     {"methods/kernels/gpu/batch_norm.cuh", batch_norm_source},
                                     {"methods/kernels/gpu/batch_norm_backward.cuh", batch_norm_backward_source}});

gpu::Statistics statistics_of(const Tensor& statistics) {
    const auto row = [&](int i) { return gpu::values<float>(statistics[i]); };
    return {row(0), row(1), row(2), row(3)};
}

/// [2, parts, blocks, C], for two sums.
Tensor block_sums(const gpu::Rows& rows, const Tensor& like) {
    return at::empty({2, rows.parts, rows.blocks, rows.channels}, like.options().dtype(torch::kFloat32));
}
gpu::BlockSums both(const Tensor& sums) {
    return {gpu::values<float>(sums[0]), gpu::values<float>(sums[1])};
}

Grid finishing(const gpu::Rows& rows) {
    constexpr int channels = gpu::Finisher::channels;
    return {(rows.channels + channels - 1) / channels, 1, 1, gpu::Finisher::shared};
}

} // namespace

bool kernels_run_on(const torch::Device& device) {
    return program.runs_on(device);
}

bool runs_on_gpu(const Tensor& x) {
    return kernels_run_on(x.device()) && gpu::takes(x);
}

void run_on_gpu(const Forward& pass) {
    const auto device = pass.x.device();
    const Layer& layer = pass.layer;
    const auto rows = gpu::rows_of(pass.x, layer.views);
    const auto sums = block_sums(rows, pass.x),
               added = pass.added.numel() > 0 ? gpu::at_boundary(pass.added) : Tensor();
    const auto statistics = statistics_of(pass.statistics);
    gpu::for_type(pass.x, [&](auto type, const std::string& suffix) {
        using T = decltype(type);
        const auto* x = gpu::values<T>(pass.x);
        using Moments = gpu::Moments<T>;
        program.launch("moments" + suffix, gpu::grid_over<Moments>(rows), typename Moments::Args{rows, x, both(sums)},
                       device);
        program.launch("finish_moments", finishing(rows),
                       gpu::FinishMoments::Args{rows, both(sums), gpu::values<float>(pass.weight),
                                                gpu::values<float>(pass.bias), gpu::values<float>(layer.running_mean),
                                                gpu::values<float>(layer.running_variance), layer.momentum,
                                                layer.epsilon, statistics},
                       device);
        using Transform = gpu::Transform<T>;
        program.launch("transform" + suffix, gpu::grid_over<Transform>(rows),
                       typename Transform::Args{rows, x, statistics.scale, statistics.shift, gpu::values<T>(added),
                                                layer.relu, gpu::values<T>(pass.y)},
                       device);
    });
}

void run_on_gpu(const Backward& pass) {
    const auto device = pass.x.device();
    const auto rows = gpu::rows_of(pass.x, pass.views);
    const auto sums = block_sums(rows, pass.x), grad_y = gpu::at_boundary(pass.grad_y);
    const auto factors = at::empty({3, pass.views, pass.x.size(1)}, pass.weight.options());
    const gpu::Factors abc{gpu::values<float>(factors[0]), gpu::values<float>(factors[1]),
                           gpu::values<float>(factors[2])};
    const auto statistics = statistics_of(pass.statistics);
    gpu::for_type(pass.x, [&](auto type, const std::string& suffix) {
        using T = decltype(type);
        gpu::Passed<T> in{gpu::values<T>(pass.x), gpu::values<T>(grad_y), gpu::values<T>(pass.y), statistics,
                          pass.relu && !pass.y.defined()};
        // If ReLU's part is written anyway, the second pass reads it instead of the gradient and the mask.
        T* const kept = pass.relu && pass.grad_added.defined() ? gpu::values<T>(pass.grad_added) : nullptr;
        using GradientSums = gpu::GradientSums<T>;
        program.launch("gradient_sums" + suffix, gpu::grid_over<GradientSums>(rows),
                       typename GradientSums::Args{rows, in, both(sums), kept}, device);
        program.launch(
            "finish_gradients", finishing(rows),
            gpu::FinishGradients::Args{rows, both(sums), gpu::values<float>(pass.weight), statistics.inverse_deviation,
                                       abc, gpu::values<float>(pass.grad_weight), gpu::values<float>(pass.grad_bias)},
            device);
        if (kept) in = {gpu::values<T>(pass.x), kept, nullptr, statistics, false};
        using TransformBackward = gpu::TransformBackward<T>;
        program.launch("transform_backward" + suffix, gpu::grid_over<TransformBackward>(rows),
                       typename TransformBackward::Args{rows, in, abc, gpu::values<T>(pass.grad_x)}, device);
    });
}

} // namespace mlvicx::norm
