#include "experiments/explain/measure.h"

#include "core/progress.h"
#include "experiments/explain/costs.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <numeric>

namespace mlvicx {

namespace {

using Clock = std::chrono::steady_clock;

/// Ends a measurement.
struct Enough {};

double value_of(const EpochRecord& record, const std::string& wanted) {
    for (const auto& [name, value] : record.values)
        if (name == wanted) return value;
    throw InternalError(wanted + " is not recorded");
}

/// Images per second of steps of this size: the median of the epochs after the first, which warms up.
double images_per_second(const PlanMethod& method, std::int64_t side, std::int64_t batch, const torch::Device& device,
                         double seconds) {
    PretrainOptions options = method.pretrain;
    options.batch_size = batch;
    options.epochs = 1'000'000; // it ends by time
    const auto network = initial_method(*method.entry, method.own, method.encoder, 0);
    network->to(device);
    std::vector<std::int64_t> indices(static_cast<std::size_t>(device.is_cuda() ? 4 * batch : batch));
    std::iota(indices.begin(), indices.end(), 0);
    const auto images = torch::randint(0, 256, {static_cast<std::int64_t>(indices.size()), side, side}, torch::kUInt8);
    std::vector<double> rates;
    const auto begin = Clock::now();
    const auto on_epoch = [&](const EpochRecord& record) {
        if (record.epoch > 0) rates.push_back(value_of(record, "images_per_second"));
        if (!rates.empty() && std::chrono::duration<double>(Clock::now() - begin).count() > seconds) throw Enough();
    };
    try {
        pretrain(*network, images, indices, options, device, {.on_epoch = on_epoch});
    } catch (const Enough&) {
    }
    std::nth_element(rates.begin(), rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2), rates.end());
    return rates[rates.size() / 2];
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
        const std::int64_t side = plan.dataset(plan.pretrain_dataset).import.size;
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
