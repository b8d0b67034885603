#include "core/error.h"
#include "core/progress.h"
#include "experiments/cells.h"
#include "experiments/commands/commands.h"
#include "experiments/runner_work.h"
#include "experiments/settings.h"

#include <cstdio>
#include <memory>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

struct Options {
    fs::path data, out;
    std::string method, backbone = "resnet18", device = "cpu";
    std::vector<std::string> settings;
    std::int64_t seed = 0, epochs = 0, batch_size = 0, image_size = 0;
};

/// An encoder of the same run means that nothing is to be done; one of another run is not overwritten.
bool already_there(const fs::path& file, const std::string& hash) {
    if (!fs::exists(file)) return false;
    const Safetensors old(file);
    const auto found = old.metadata().find("hash");
    if (found != old.metadata().end() && found->second == hash) return true;
    user_error("{}: holds the weights of another run; give another --out or remove it", file.string());
}

void write_history(const fs::path& file, const std::vector<CurvePoint>& curves) {
    std::string text = "epoch,name,value\n";
    for (const auto& point : curves) text += fmt::format("{},{},{}\n", point.epoch, point.name, point.value);
    write_text(file, text);
}

void pretrain_command(const Options& given) {
    TrainingTask task;
    task.device = device_from(given.device);
    task.entry = &method_entry(given.method, "--method");
    if (!task.entry->trains) user_error("--method: \"{}\" is a control, there is nothing to train", given.method);
    json::object settings = settings_from(given.settings);
    const auto set = [&](const char* key, std::int64_t value) {
        if (value > 0) settings[key] = value;
    };
    set("epochs", given.epochs);
    set("batch_size", given.batch_size);
    set("image_size", given.image_size);
    task.options = resolve_pretrain(*task.entry, [&](PretrainOptions& options) {
        overlay(settings, "--set", "$", [&](Fields& f) {
            task.entry->fields(f, task.own);
            fields(f, options);
        });
    });
    require_valid(task.options, "--set: $");
    task.options.seed = given.seed;
    task.backbone = given.backbone;
    task.title = given.method;

    const OpenDataset data = open_dataset(given.data);
    const auto films = data.prepared->films_of(Split::train).size();
    if (static_cast<std::size_t>(task.options.batch_size) > films)
        user_error("{}: its training split has {} films, fewer than a batch of {}", given.data.string(), films,
                   task.options.batch_size);
    task.config = pretrain_config(*task.entry, task.own, task.options, task.backbone, data.fingerprint(), task.device);
    task.hash = hash_of(task.config);
    task.encoder_file = given.out.extension() == ".safetensors" ? given.out : given.out / "encoder.safetensors";
    task.checkpoint = fs::path(task.encoder_file).replace_extension(".checkpoint.safetensors");
    require_writable_folder(fs::absolute(task.encoder_file).parent_path());
    if (already_there(task.encoder_file, task.hash)) {
        say("{}: is there already", task.encoder_file.string());
        return;
    }
    verify_content(data);
    const CellResult result = train_encoder(data, task);
    write_history(fs::path(task.encoder_file).replace_extension(".csv"), result.curves);
    fs::remove(task.checkpoint);
    std::printf("%s: %s, %lld epochs on %lld films in %s; %s\n", task.encoder_file.string().c_str(),
                given.method.c_str(), static_cast<long long>(task.options.epochs),
                static_cast<long long>(result.train_films), duration_text(result.seconds).c_str(),
                health_of_details(result.details).c_str());
}

} // namespace

void add_pretrain(CLI::App& app) {
    auto* command = app.add_subcommand("pretrain", "Pre-train one encoder on a prepared dataset's training split");
    auto options = std::make_shared<Options>();
    command->add_option("--data", options->data, "Prepared dataset")->required();
    command->add_option("--method", options->method, "simclr, byol, vicreg, barlow_twins or mlvicx")->required();
    command->add_option("--out", options->out, "Folder, or file NAME.safetensors, for the encoder")->required();
    command->add_option("--encoder", options->backbone, "resnet18 or resnet50")->capture_default_str();
    command->add_option("--epochs", options->epochs, "Instead of the method's 300")->check(CLI::PositiveNumber);
    command->add_option("--batch-size", options->batch_size, "Instead of 256")->check(CLI::PositiveNumber);
    command->add_option("--image-size", options->image_size, "Pixels of a view, instead of 224")
        ->check(CLI::PositiveNumber);
    command->add_option("--seed", options->seed, "Of weights, order and views")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    command->add_option("--device", options->device, "cpu, cuda or cuda:INDEX")->capture_default_str();
    command->add_option("--set", options->settings, "KEY=VALUE as in a plan, e.g. optimizer.learning_rate=0.3")
        ->allow_extra_args(false);
    command->callback([options] {
        use_all_threads();
        pretrain_command(*options);
    });
}

} // namespace mlvicx
