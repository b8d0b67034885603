#include "methods/kernels/adamw_gpu.h"

#include "methods/kernels/gpu/adamw.cuh"
#include "methods/kernels/gpu/maps.h"
#include "methods/kernels/gpu/weight_tables.h"
#include "methods/kernels/one_pass.h"

#include "adamw_source.h"
#include "kernel_source.h"
#include "weights_source.h"

#include <torch/torch.h>

namespace mlvicx {

namespace {

KernelProgram program("AdamW", {{"methods/kernels/gpu/kernel.cuh", kernel_source},
                                {"methods/kernels/gpu/weights.cuh", weights_source},
                                {"methods/kernels/gpu/adamw.cuh", adamw_source}});

static_assert(sizeof(gpu::AdamwUpdate::Args) <= 4096, "a launch's arguments");

} // namespace

bool adamw_runs_on_gpu(const torch::Tensor& w, const torch::Tensor& g) {
    return program.runs_on(w.device()) && updated_in_one_pass({w, g});
}

void send_adamw_rates(const AdamwStep& of_weights, const AdamwStep& of_vectors, const torch::Device& device,
                      torch::Tensor& rates) {
    if (!program.runs_on(device)) return;
    const auto single = [](double value) { return static_cast<float>(value); };
    gpu::send(gpu::AdamwRates{single(of_weights.kept), single(of_vectors.kept), single(of_weights.rate),
                              single(of_vectors.rate), single(of_weights.beta1), single(of_weights.beta2),
                              single(of_weights.deviation_scale), single(of_weights.epsilon)},
              device, rates);
}

void adamw_on_gpu(const std::vector<AdamwTensors>& weights, const torch::Tensor& rates) {
    const auto weight = [&](std::size_t i) {
        const auto& [w, g, mean, square, decays] = weights[i];
        return gpu::AdamwWeight{gpu::values<float>(w),
                                gpu::values<float>(g),
                                gpu::values<float>(mean),
                                gpu::values<float>(square),
                                w.numel(),
                                0,
                                decays};
    };
    gpu::in_tables<gpu::AdamwWeight>(
        weights.size(), weight, [&](const auto& table, std::int64_t blocks, std::size_t first) {
            program.launch("adamw_update", {blocks}, gpu::AdamwUpdate::Args{table, gpu::values<gpu::AdamwRates>(rates)},
                           weights[first].w.device());
        });
}

} // namespace mlvicx
