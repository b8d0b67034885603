#include "methods/kernels/lars_gpu.h"

#include "methods/kernels/gpu/lars.cuh"
#include "methods/kernels/gpu/maps.h"

#include "kernel_source.h"
#include "lars_source.h"

#include <torch/torch.h>

#include <algorithm>

namespace mlvicx {

namespace {

using torch::Tensor;

KernelProgram program("LARS and SGD", {{"methods/kernels/gpu/kernel.cuh", kernel_source},
                                       {"methods/kernels/gpu/lars.cuh", lars_source}});

static_assert(sizeof(gpu::LarsUpdate::Args) <= 4096, "a launch's arguments");

} // namespace

bool lars_runs_on_gpu(const Tensor& w, const Tensor& g, const Tensor& m) {
    return program.runs_on(w.device()) && g.device() == w.device() && w.scalar_type() == torch::kFloat32 &&
           g.scalar_type() == torch::kFloat32 && g.layout() == torch::kStrided && w.is_non_overlapping_and_dense() &&
           w.strides() == g.strides() && w.strides() == m.strides() && w.numel() > 0;
}

void lars_on_gpu(const std::vector<LarsTensors>& weights, const LarsRates& rates) {
    const gpu::LarsStep step{static_cast<float>(rates.decay), static_cast<float>(rates.mu),
                             static_cast<float>(rates.rate), static_cast<float>(rates.vector_rate), rates.trust};
    constexpr auto capacity = static_cast<std::size_t>(gpu::LarsTable::capacity);
    for (std::size_t first = 0; first < weights.size(); first += capacity) {
        gpu::LarsTable table{};
        int blocks = 0;
        for (auto i = first; i < std::min(first + capacity, weights.size()); ++i) {
            const auto& [w, g, m, scaled] = weights[i];
            table.weights[table.used++] = {
                gpu::values<float>(w), gpu::values<float>(g), gpu::values<float>(m), w.numel(), blocks, scaled};
            blocks += static_cast<int>((w.numel() + gpu::lars_chunk - 1) / gpu::lars_chunk);
        }
        const auto& device = weights[first].w;
        const auto sums = at::empty({2, blocks}, device.options());
        const gpu::LarsNorms norms{gpu::values<float>(sums[0]), gpu::values<float>(sums[1])};
        if (rates.trust > 0)
            program.launch("lars_squares", {blocks, 1, 1, gpu::LarsSquares::shared},
                           gpu::LarsSquares::Args{table, step, norms}, device.device());
        program.launch("lars_update", {blocks, 1, 1, gpu::LarsUpdate::shared},
                       gpu::LarsUpdate::Args{table, step, norms}, device.device());
    }
}

} // namespace mlvicx
