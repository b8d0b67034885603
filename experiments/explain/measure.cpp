#include "experiments/explain/measure.h"

#include "core/progress.h"
#include "experiments/bench/measured_step.h"
#include "experiments/explain/costs.h"

#include <torch/torch.h>

#include <algorithm>
#include <map>

namespace mlvicx {

namespace {

double images_per_second(PlanMethod method, std::int64_t side, std::int64_t batch, const torch::Device& device,
                         double seconds) {
    method.pretrain.batch_size = batch;
    const auto network = initial_method(*method.entry, method.own, method.encoder, 0);
    network->to(device);
    const auto images = random_images(measured_images(batch, device), side);
    return measured_rate(*network, method, images, device, seconds).images_per_second;
}

std::vector<Rate> rates_of(const PlanMethod& method, std::int64_t side, const torch::Device& device, double seconds) {
    const auto& options = method.pretrain;
    Rate rate{"here",
              method.label,
              method.encoder,
              {options.image_size, options.batch_size},
              name_of(precision_from(options.precision, device)),
              0,
              "measured now"};
    if (!device.is_cuda()) rate.size.batch_size = std::min<std::int64_t>(16, options.batch_size);
    std::vector<Rate> rates;
    const double part = rate.size.batch_size < options.batch_size ? seconds / 2 : seconds;
    rate.images_per_second = images_per_second(method, side, rate.size.batch_size, device, part);
    rates.push_back(rate);
    const double two_steps = 2 * static_cast<double>(options.batch_size) / rate.images_per_second;
    if (rate.size.batch_size == options.batch_size || two_steps > seconds / 2) return rates;
    rate.size.batch_size = options.batch_size;
    rate.images_per_second = images_per_second(method, side, rate.size.batch_size, device, seconds / 2);
    rates.push_back(rate);
    return rates;
}

} // namespace

std::vector<Rate> measured_rates(const Plan& plan, const torch::Device& device, double seconds) {
    std::map<std::string, std::vector<const PlanMethod*>> kinds;
    for (const auto& method : plan.methods)
        if (method.entry->trains) kinds[kind_of(method)].push_back(&method);
    std::vector<Rate> rates;
    Progress progress("measuring", static_cast<std::int64_t>(kinds.size()), "methods");
    for (const auto& [kind, methods] : kinds) {
        const std::int64_t side = plan.dataset(plan.pretrain_datasets.front()).import.size;
        const auto found = rates_of(*methods.front(), side, device, seconds / static_cast<double>(kinds.size()));
        for (const auto* method : methods)
            for (Rate rate : found) {
                rate.method = method->label;
                rates.push_back(rate);
            }
        progress.advance();
    }
    return rates;
}

} // namespace mlvicx
