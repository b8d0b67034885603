#include "experiments/commands/evaluation_arguments.h"

#include "core/error.h"
#include "core/safetensors.h"
#include "experiments/commands/arguments.h"
#include "experiments/counted_classes.h"
#include "experiments/imported_subsets.h"
#include "experiments/method_table.h"
#include "experiments/settings.h"

#include <fmt/format.h>

namespace mlvicx {

namespace fs = std::filesystem;

void add_evaluation_arguments(CLI::App& command, EvaluationArguments& given, const std::vector<std::string>& protocols,
                              const std::string& example) {
    command.add_option("--backbone", given.backbone, "Network for --encoder random")
        ->check(one_of({"resnet18", "resnet50"}))
        ->capture_default_str();
    command.add_option("--protocol", given.protocol, "How the encoder is evaluated")
        ->check(one_of(protocols))
        ->capture_default_str();
    command.add_option("--fraction", given.fraction, "Label fraction, or number of labelled images")
        ->check(label_fraction())
        ->capture_default_str();
    command.add_option("--seed", given.seed, "Seed for training and for the labelled subset")
        ->check(whole_number())
        ->capture_default_str();
    command.add_option("--image-size", given.image_size, "Side of the encoder's input in pixels (default: 224)")
        ->check(whole_number(16, 4096));
    command.add_option("--device", given.device, "auto (a GPU if there is one), cpu, cuda or cuda:INDEX")
        ->capture_default_str();
    command
        .add_option("--set", given.settings,
                    fmt::format("Option as in a plan's \"evaluate\", e.g. {}; may be given several times", example))
        ->allow_extra_args(false)
        ->type_name("KEY=VALUE");
    group_options(command, "Labels and training",
                  {"--fraction", "--seed", "--image-size", "--protocol", "--backbone", "--set"});
    group_options(command, "Machine", {"--device"});
}

EvaluationJob job_of(const EvaluationArguments& given) {
    EvaluationJob job;
    job.device = device_from(given.device);
    job.protocol = &protocol_entry(given.protocol);
    job.fraction = given.fraction;
    job.seed = job.draw = given.seed;
    json::object settings = settings_from(given.settings);
    add_setting(settings, "image_size", given.image_size, "--image-size");
    overlay(settings, "--set", "$", [&](Fields& f) { fields(f, job.options); });
    return job;
}

OpenDataset open_for(const EvaluationJob& job, const fs::path& data) {
    OpenDataset open = open_dataset(data);
    open.subsets = imported_subsets(job.options, *open.prepared, {job.draw}, "--set: $.subsets");
    open = with_classes(std::move(open), job.options.classes, "--set: $.classes");
    for (const Split split : {Split::train, Split::validation, Split::test})
        if (open.prepared->images_of(split).empty() && (split != Split::validation || !job.options.selects_on_test()))
            user_error("{}: its {} split is empty", data.string(), name_of(split));
    verify_content(open);
    return open;
}

Subject subject_of(const std::string& encoder, const EvaluationArguments& given, const EvaluationJob& job) {
    if (encoder == "random") {
        const auto initial = [name = given.backbone, seed = given.seed] { return initial_encoder(name, seed); };
        return {{}, given.backbone, {}, initial};
    }
    const fs::path file = encoder;
    const auto load = [file, features = job.options.features] { return encoder_for_evaluation(file, features); };
    const std::string network = load()->name(); // reports an unfit file now
    const Safetensors header(file);
    return {file, network, header.metadata(), load};
}

} // namespace mlvicx
