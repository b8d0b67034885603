#include "methods/kernels/lars_gpu.h"

#include "methods/kernels/gpu/lars.cuh"
#include "methods/kernels/gpu/maps.h"
#include "methods/kernels/gpu/weight_tables.h"

#include "methods/kernels/one_pass.h"

#include "kernel_source.h"
#include "lars_source.h"
#include "weights_source.h"

#include <torch/torch.h>

namespace mlvicx {

namespace {

using torch::Tensor;

KernelProgram program("LARS and SGD", {{"methods/kernels/gpu/kernel.cuh", kernel_source},
                                       {"methods/kernels/gpu/weights.cuh", weights_source},
                                       {"methods/kernels/gpu/lars.cuh", lars_source}});

static_assert(sizeof(gpu::LarsUpdate::Args) <= 4096, "a launch's arguments");

} // namespace

bool lars_runs_on_gpu(const Tensor& w, const Tensor& g, const Tensor& m) {
    return program.runs_on(w.device()) && updated_in_one_pass({w, g, m});
}

void send_lars_rates(const LarsRates& numbers, const torch::Device& device, Tensor& rates) {
    if (!program.runs_on(device)) return;
    gpu::send(gpu::LarsStep{static_cast<float>(numbers.decay), static_cast<float>(numbers.mu),
                            static_cast<float>(numbers.rate), static_cast<float>(numbers.vector_rate), numbers.trust},
              device, rates);
}

void lars_on_gpu(const std::vector<LarsTensors>& weights, bool trust, const Tensor& rates) {
    const auto* step = gpu::values<gpu::LarsStep>(rates);
    const auto weight = [&](std::size_t i) {
        const auto& [w, g, m, scaled] = weights[i];
        return gpu::LarsWeight{
            gpu::values<float>(w), gpu::values<float>(g), gpu::values<float>(m), w.numel(), 0, scaled};
    };
    gpu::in_tables<gpu::LarsWeight>(
        weights.size(), weight, [&](const auto& table, std::int64_t blocks, std::size_t first) {
            const auto& device = weights[first].w;
            const auto sums = at::empty({2, blocks}, device.options());
            const gpu::LarsNorms norms{gpu::values<float>(sums[0]), gpu::values<float>(sums[1])};
            if (trust)
                program.launch("lars_squares", {blocks, 1, 1, gpu::LarsSquares::shared},
                               gpu::LarsSquares::Args{table, step, norms}, device.device());
            program.launch("lars_update", {blocks, 1, 1, gpu::LarsUpdate::shared},
                           gpu::LarsUpdate::Args{table, step, norms}, device.device());
        });
}

} // namespace mlvicx
