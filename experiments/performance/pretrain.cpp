// Pre-training as users run it: batches, both views, step and optimiser of each method with its authors' widths,
// through pretrain() itself. `--encoder resnet50` (resnet18), `--device cuda`, `--batch N` (256 on a GPU, else 16),
// `--pixels N` (224), `--steps N` (20). The first epoch warms up; the images/s of the second one are reported.
#include "experiments/method_table.h"
#include "experiments/performance/arguments.h"
#include "methods/device/bf16.h"

#include <torch/torch.h>

using namespace mlvicx;

namespace {

struct Setting {
    std::string encoder = "resnet18";
    torch::Device device = torch::kCPU;
    std::int64_t batch = 0, pixels = 224, steps = 20;
};

/// What a pre-training on so many images needs, with two epochs.
struct Training {
    torch::Tensor images;
    std::vector<std::int64_t> indices;
    PretrainOptions options;
    std::shared_ptr<Method> method;

    Training(const MethodEntry& entry, const Setting& setting, const std::string& precision) {
        const auto count = setting.batch * setting.steps;
        torch::manual_seed(1);
        images = torch::randint(0, 256, {count, setting.pixels, setting.pixels}, torch::kUInt8);
        for (std::int64_t i = 0; i < count; ++i) indices.push_back(i);
        options = resolve_pretrain(entry, [&](PretrainOptions& given) {
            given.epochs = 2;
            given.batch_size = setting.batch;
            given.image_size = setting.pixels;
            given.precision = precision;
        });
        method = initial_method(entry, {}, setting.encoder, 0);
        method->to(setting.device);
    }
};

double value_of(const EpochRecord& record, const std::string& wanted) {
    for (const auto& [name, value] : record.values)
        if (name == wanted) return value;
    throw InternalError(wanted + " is not recorded");
}

void images_per_second(benchmark::State& state, const MethodEntry& entry, const Setting& setting,
                       const std::string& precision) {
    double rate = 0;
    for (auto _ : state) {
        const Training training(entry, setting, precision);
        const auto records =
            pretrain(*training.method, training.images, training.indices, training.options, setting.device);
        rate = value_of(records.back(), "images_per_second");
        state.SetIterationTime(static_cast<double>(training.images.size(0)) / rate);
    }
    state.counters["images/s"] = rate;
    state.counters["ms/step"] = 1e3 * static_cast<double>(setting.batch) / rate;
}

/// One step on a few small images, so that an epoch's loss is that of the initial weights.
Setting one_step(Setting setting) {
    setting.batch = 8;
    setting.steps = 1;
    setting.pixels = 64;
    return setting;
}

Values first_loss(const MethodEntry& entry, const Setting& setting, const std::string& precision) {
    const Training training(entry, setting, precision);
    const auto records =
        pretrain(*training.method, training.images, training.indices, training.options, setting.device);
    return {{value_of(records.front(), "loss")}};
}

/// The same step written out; no loss depends on the order of its images.
Values first_loss_by_hand(const MethodEntry& entry, const Setting& setting) {
    const Training training(entry, setting, "fp32");
    training.method->train();
    const auto view = [&](const ViewRecipe& recipe, int number) {
        return encoder_input(make_views(training.images.to(setting.device), training.indices, recipe, setting.pixels,
                                        {static_cast<std::uint64_t>(training.options.seed), 0, number}));
    };
    const auto output = training.method->step(view(training.options.view1, 0), view(training.options.view2, 1));
    return values_of({output.loss});
}

} // namespace

int main(int argc, char** argv) {
    return run_benchmarks(argc, argv, [](int& count, char** arguments) {
        Setting setting;
        setting.device = take_device(count, arguments);
        take(count, arguments, "--encoder", setting.encoder);
        take(count, arguments, "--batch", setting.batch);
        take(count, arguments, "--pixels", setting.pixels);
        take(count, arguments, "--steps", setting.steps);
        if (setting.batch == 0) setting.batch = setting.device.is_cuda() ? 256 : 16;
        for (const auto& entry : method_table())
            for (const std::string precision : {"bf16", "fp32"})
                if (entry.trains && (precision == "fp32" || !setting.device.is_cpu() || bf16_fault().empty()))
                    verified_benchmark(
                        {.name = entry.name + "/" + precision,
                         .candidate = [=](const Sizes&) { return first_loss(entry, one_step(setting), precision); },
                         .reference = [=](const Sizes&) { return first_loss_by_hand(entry, one_step(setting)); },
                         .tolerance = precision == "bf16" ? 0.05 : 1e-4,
                         .timed = [=](benchmark::State& s) { images_per_second(s, entry, setting, precision); }},
                        [](auto* registered) {
                            registered->Unit(benchmark::kMillisecond)->UseManualTime()->Iterations(1);
                        });
    });
}
