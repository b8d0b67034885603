#include "experiments/bench/bench.h"
#include "core/error.h"
#include "core/progress.h"
#include "experiments/bench/bench_record.h"
#include "experiments/bench/step_file.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/commands/method_settings.h"
#include "experiments/open_dataset.h"
#include "experiments/settings.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstdio>
#include <memory>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

struct BenchOptions {
    std::vector<std::string> methods, settings, compare;
    std::string encoder = "resnet18", device = "auto";
    std::int64_t batch = 0, size = 224;
    double seconds = 15;
    fs::path data, json, step;
};

/// Random patterns, or the first of a prepared dataset's training split; at least a batch.
StepImages images_of(const BenchOptions& options, const torch::Device& device) {
    const auto count = measured_images(options.batch, device);
    if (options.data.empty()) {
        torch::manual_seed(0);
        return random_images(count, options.size);
    }
    const OpenDataset data = open_dataset(options.data);
    verify_content(data);
    if (std::ssize(data.train) < options.batch)
        user_error("{}: its training split has {} images, fewer than a batch of {}", options.data.string(),
                   data.train.size(), options.batch);
    const auto taken = std::min<std::int64_t>(count, std::ssize(data.train));
    return {data.images, {data.train.begin(), data.train.begin() + taken}};
}

std::vector<PlanMethod> methods_of(const BenchOptions& options) {
    json::object settings = settings_from(options.settings);
    add_setting(settings, "batch_size", options.batch, "--batch");
    add_setting(settings, "image_size", options.size, "--size");
    std::vector<PlanMethod> methods;
    for (const auto& name : options.methods)
        for (const auto& each : name == "all" ? trained_methods() : std::vector{name}) {
            if (std::any_of(methods.begin(), methods.end(), [&](const auto& known) { return known.label == each; }))
                user_error("--method has {} twice, expected once", each);
            methods.push_back(method_with(each, options.encoder, settings));
        }
    return methods;
}

void bench(BenchOptions options) {
    if (!options.compare.empty()) {
        fmt::print("{}", bench_comparison(options.compare[0], options.compare[1]));
        return;
    }
    const auto device = device_from(options.device);
    if (options.batch == 0) options.batch = device.is_cuda() ? 256 : 16;
    const auto methods = methods_of(options);
    for (const auto& file : {options.json, options.step})
        if (!file.empty()) require_writable_folder(fs::absolute(file).parent_path());
    const auto images = images_of(options, device);
    if (!options.step.empty()) {
        if (methods.size() > 1)
            user_error("--step writes the step of one method, but --method names {}", methods.size());
        write_step(options.step, methods.front(), images, device);
        fmt::print("{}: the first step of {}\n", options.step.string(), methods.front().label);
        return;
    }
    const auto able = bench_device(device, precision_from(methods.front().pretrain.precision, device));
    std::vector<BenchRow> rows;
    {
        Progress progress("measuring", std::ssize(methods), "methods");
        for (const auto& method : methods) {
            rows.push_back(bench_row(method, images, device, options.seconds));
            progress.advance(1, method.label);
        }
    }
    if (!options.json.empty()) {
        const auto seen = options.data.empty() ? "random patterns" : "a prepared dataset";
        write_text(options.json, pretty(bench_record(able, rows, seen)));
    }
    fmt::print("{}", bench_text(able, rows));
}

} // namespace

void add_bench(CLI::App& app) {
    auto* command = app.add_subcommand("bench", "Measure pre-training steps: speed, its parts, memory");
    auto options = std::make_shared<BenchOptions>();
    auto names = trained_methods();
    names.emplace_back("all");
    auto* method = command->add_option("--method", options->methods, "Method, or all; may be given several times")
                       ->check(one_of(names))
                       ->allow_extra_args(false);
    command->add_option("--encoder", options->encoder, "Network")
        ->check(one_of({"resnet18", "resnet50"}))
        ->capture_default_str();
    command->add_option("--batch", options->batch, "Images per step (default: 256 on a GPU, else 16)")
        ->check(whole_number(2));
    command->add_option("--size", options->size, "Side of a view in pixels")
        ->check(whole_number(16, 4096))
        ->capture_default_str();
    command
        ->add_option("--set", options->settings, "Option as in a plan, e.g. precision=fp32; may be given several times")
        ->allow_extra_args(false)
        ->type_name("KEY=VALUE");
    command->add_option("--data", options->data, "Prepared dataset to take images from (default: random patterns)")
        ->type_name("FILE");
    command->add_option("--device", options->device, "auto (a GPU if there is one), cpu, cuda or cuda:INDEX")
        ->capture_default_str();
    command->add_option("--seconds", options->seconds, "Seconds for each method, at least two steps")
        ->check(real_number(between(0.1, 3600)))
        ->capture_default_str();
    command->add_option("--json", options->json, "Also write the figures as a record")->type_name("FILE");
    auto* step = command
                     ->add_option("--step", options->step,
                                  "Instead write a method's first step: views, weights and loss (safetensors)")
                     ->type_name("FILE");
    auto* compare = command->add_option("--compare", options->compare, "Instead compare two records as ratios, B to A")
                        ->expected(2)
                        ->type_name("A B");
    step->excludes(compare);
    method->excludes(compare);
    group_options(*command, "Step", {"--method", "--encoder", "--batch", "--size", "--set", "--data"});
    group_options(*command, "Measurement", {"--device", "--seconds"});
    group_options(*command, "Output", {"--json", "--step", "--compare"});
    add_examples(*command, {"mlvicx-bench bench --method simclr --batch 64 --size 64 --json now.json",
                            "mlvicx-bench bench --compare before.json now.json"});
    command->callback([options] {
        if (options->methods.empty() && options->compare.empty()) user_error("bench needs --method or --compare");
        use_all_threads();
        bench(*options);
    });
}

} // namespace mlvicx
