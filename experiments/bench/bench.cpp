#include "experiments/bench/bench.h"

#include "core/error.h"
#include "experiments/bench/device_rates.h"
#include "experiments/bench/part_timer.h"
#include "experiments/bench/peak_memory.h"
#include "experiments/explain/costs.h"
#include "experiments/explain/rates.h"
#include "methods/pretrain/step_parts.h"

#include <torch/torch.h>

namespace mlvicx {

namespace {

/// The weights of the encoder's convolutions, on the CPU.
std::vector<torch::Tensor> convolution_weights(Method& network) {
    std::vector<torch::Tensor> weights;
    for (const auto& parameter : network.encoder().parameters())
        if (parameter.dim() == 4) weights.push_back(parameter.detach().cpu().clone());
    return weights;
}

/// The step as it is, without any observer.
StepRate undisturbed_rate(const PlanMethod& method, const StepImages& images, const torch::Device& device,
                          double seconds) {
    const auto network = initial_method(*method.entry, method.own, method.encoder, 0);
    network->to(device);
    const auto before = convolution_weights(*network);
    const auto rate = measured_rate(*network, method, images, device, seconds);
    const auto after = convolution_weights(*network);
    for (std::size_t i = 0; i < before.size(); ++i)
        if (torch::equal(before[i], after[i]) || !after[i].isfinite().all().item<bool>())
            throw InternalError(fmt::format("{}: {} measured epochs left weights of its encoder as they were, or not "
                                            "finite",
                                            method.label, rate.epochs));
    return rate;
}

/// The same steps with observers: their parts and memory.
void observe(BenchRow& row, const StepImages& images, const torch::Device& device, double seconds) {
    const PeakMemory memory(device);
    const auto network = initial_method(*row.method.entry, row.method.own, row.method.encoder, 0);
    network->to(device);
    PartTimer timer(device);
    const auto rate = measured_rate(*network, row.method, images, device, seconds, [&] { timer.clear(); });
    auto parts = timer.seconds(); // without those that did not run
    for (const char* part : step_parts) row.shares[part] = parts[part] / rate.seconds;
    row.peak_bytes = static_cast<double>(memory.bytes());
}

/// What an optimiser reads (weights, gradients, momentum) and writes (weights, momentum) at least. LARS needs the norms
/// of weights and gradients before; AdamW has two moments.
double optimiser_bytes(const PlanMethod& method) {
    const auto network = initial_method(*method.entry, method.own, method.encoder, 0);
    double trained = 0;
    for (const auto& parameter : network->parameters())
        if (parameter.requires_grad()) trained += static_cast<double>(parameter.nbytes());
    return trained * (method.pretrain.optimizer.name == "sgd" ? 5 : 7);
}

std::vector<std::pair<std::string, double>> expected_rates(const PlanMethod& method, Precision precision) {
    const auto& options = method.pretrain;
    const Rates& recorded = Rates::recorded();
    std::vector<std::pair<std::string, double>> rates;
    for (const auto& machine : recorded.machines()) {
        const Rates::Query query{machine.key, method.entry->name, method.encoder, name_of(precision)};
        if (const auto seconds = recorded.step_seconds(query, {options.image_size, options.batch_size}))
            rates.emplace_back(machine.label, static_cast<double>(options.batch_size) / *seconds);
    }
    return rates;
}

} // namespace

double least_bytes(const Operations& step, Precision precision, double optimiser_bytes) {
    const double size = precision == Precision::bf16 ? 2 : 4;
    return size * (step.values + 8 * step.map_values) + optimiser_bytes;
}

BenchDevice bench_device(const torch::Device& device, Precision precision) {
    return {device, precision, matrix_rate(device, precision), copy_rate(device)};
}

BenchRow bench_row(const PlanMethod& method, const StepImages& images, const torch::Device& device, double seconds) {
    BenchRow row;
    row.method = method;
    row.verified = verified_step(method, images, device);
    row.rate = undisturbed_rate(method, images, device, seconds * 2 / 3);
    observe(row, images, device, seconds / 3);
    const auto step = row.verified.of(method.pretrain.batch_size);
    row.flops = step.flops;
    const auto precision = precision_from(method.pretrain.precision, device);
    row.bytes = least_bytes(step, precision, optimiser_bytes(method));
    Plan plan;
    plan.methods = {method};
    row.plan_bytes = method_sizes(plan, device).front().training;
    row.plan_rates = expected_rates(method, precision);
    return row;
}

} // namespace mlvicx
