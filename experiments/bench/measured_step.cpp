#include "experiments/bench/measured_step.h"

#include "core/error.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <string>

namespace mlvicx {

namespace {

/// Ends a measurement.
struct Enough {};

double recorded_value(const EpochRecord& record, const std::string& wanted) {
    for (const auto& [name, value] : record.values)
        if (name == wanted) return value;
    throw InternalError(wanted + " is not recorded");
}

} // namespace

std::int64_t measured_images(std::int64_t batch, const torch::Device& device) {
    if (device.is_cuda()) return batch * std::clamp<std::int64_t>(4096 / batch, 4, 32);
    return std::max(batch, verified_images);
}

StepImages random_images(std::int64_t count, std::int64_t side) {
    StepImages images;
    const auto coarse = torch::rand({count, 1, 6, 6});
    const auto smooth = torch::upsample_bilinear2d(coarse, std::vector<std::int64_t>{side, side}, false);
    images.images = smooth.squeeze(1).mul(255).to(torch::kUInt8);
    images.indices.resize(static_cast<std::size_t>(count));
    std::iota(images.indices.begin(), images.indices.end(), 0);
    return images;
}

StepRate measured_rate(Method& network, const PlanMethod& method, const StepImages& images, const torch::Device& device,
                       double seconds, const std::function<void()>& warmed_up) {
    using Time = std::chrono::steady_clock;
    PretrainOptions options = method.pretrain;
    options.epochs = 1'000'000; // it ends by time
    const auto batches = static_cast<std::int64_t>(images.indices.size()) / options.batch_size;
    const auto of_epoch = static_cast<double>(batches * options.batch_size);
    std::vector<double> rates;
    StepRate rate;
    const auto begin = Time::now();
    const auto on_epoch = [&](const EpochRecord& record) {
        if (record.epoch == 0 && warmed_up) warmed_up();
        if (record.epoch == 0) return;
        rates.push_back(recorded_value(record, "images_per_second"));
        rate.seconds += of_epoch / rates.back();
        if (std::chrono::duration<double>(Time::now() - begin).count() > seconds) throw Enough();
    };
    try {
        pretrain(network, images.images, images.indices, options, device, {.on_epoch = on_epoch});
    } catch (const Enough&) {
    }
    std::sort(rates.begin(), rates.end());
    rate.images_per_second = rates[rates.size() / 2];
    rate.lowest = rates.front();
    rate.highest = rates.back();
    rate.epochs = std::ssize(rates);
    return rate;
}

} // namespace mlvicx
