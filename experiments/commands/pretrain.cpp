#include "core/error.h"
#include "core/progress.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/commands/method_settings.h"
#include "experiments/commands/ranks.h"
#include "experiments/runner/jobs.h"
#include "experiments/runner/tensorboard.h"
#include "experiments/runner/training.h"
#include "experiments/settings.h"
#include "methods/device/launched_rank.h"

#include <fmt/ranges.h>

#include <cstdio>
#include <memory>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

struct Options {
    std::vector<fs::path> data;
    fs::path out, tensorboard;
    std::string method, backbone = "resnet18", device = "auto";
    std::vector<std::string> settings;
    std::int64_t seed = 0, epochs = 0, batch_size = 0, image_size = 0;
};

/// Nothing is left to do if the file holds an encoder of the same run. An encoder of another run is not overwritten.
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

std::vector<std::string> words_of(const std::vector<fs::path>& files) {
    std::vector<std::string> words;
    for (const auto& file : files) words.push_back(file.string());
    return words;
}

PretrainingData data_of(const std::vector<OpenDataset>& opened, const std::vector<fs::path>& files) {
    std::vector<const OpenDataset*> datasets;
    std::vector<std::string> fingerprints;
    for (const auto& data : opened) {
        datasets.push_back(&data);
        fingerprints.push_back(data.fingerprint());
    }
    require_distinct_datasets(words_of(files), fingerprints, "--data");
    return PretrainingData(std::move(datasets));
}

void pretrain_command(const Options& given, World* world) {
    TrainingJob job;
    job.world = world;
    job.device = rank_device(world, device_from(given.device));
    json::object settings = settings_from(given.settings);
    add_setting(settings, "epochs", given.epochs, "--epochs");
    add_setting(settings, "batch_size", given.batch_size, "--batch-size");
    add_setting(settings, "image_size", given.image_size, "--image-size");
    const PlanMethod method = method_with(given.method, given.backbone, std::move(settings));
    job.entry = method.entry;
    job.own = method.own;
    job.options = method.pretrain;
    job.options.seed = given.seed;
    job.backbone = given.backbone;
    job.title = given.method;

    std::vector<OpenDataset> opened;
    for (const auto& file : given.data) opened.push_back(open_dataset(file));
    const PretrainingData data = data_of(opened, given.data);
    const auto images = data.epoch_images(job.options), split = data.training_split();
    if (job.options.batch_size > images)
        user_error("{}: its training split has {} images{}, fewer than a batch of {}",
                   fmt::join(words_of(given.data), ", "), split,
                   images < split ? fmt::format(", of which images={} takes {}", job.options.images, images) : "",
                   job.options.batch_size);
    job.config = pretrain_config(*job.entry, job.own, job.options, job.backbone, data.fingerprint(), job.device);
    job.hash = hash_of(job.config);
    if (world != nullptr && !world->first())
        return train_along(*world, [&](const std::string& hash) {
            if (hash != job.hash)
                user_error("{}: not what rank 0 trains; expected the same images, precision and version on all ranks",
                           fmt::join(words_of(given.data), ", "));
            return SharedJob(data, job);
        });
    job.encoder_file =
        given.out.extension() == ".safetensors" ? given.out : given.out / (given.method + ".safetensors");
    job.checkpoint = checkpoint_beside(job.encoder_file);
    require_writable_folder(fs::absolute(job.encoder_file).parent_path());
    if (already_there(job.encoder_file, job.hash)) {
        say("{}: already exists, nothing to do", job.encoder_file.string());
        return;
    }
    TensorBoard board(given.tensorboard);
    JobKey key;
    key.kind = "pretrain";
    key.method = given.method;
    key.dataset = data.names();
    key.seed = given.seed;
    key.hash = job.hash;
    job.on_epoch = [&](const auto& epoch) { board.add(key, epoch); };
    for (const auto& one : opened) verify_content(one);
    say("device: {}", describe_device(job.device));
    const JobResult result = train_encoder(data, job);
    board.complete(key, result.curves);
    write_history(fs::path(job.encoder_file).replace_extension(".csv"), result.curves);
    fs::remove(job.checkpoint);
    std::printf("%s: %s, %lld epochs on %lld images in %s; %s\n", job.encoder_file.string().c_str(),
                given.method.c_str(), static_cast<long long>(job.options.epochs),
                static_cast<long long>(result.train_images), duration_text(result.seconds).c_str(),
                health_of_details(result.details).c_str());
}

} // namespace

void add_pretrain(CLI::App& app) {
    auto* command = app.add_subcommand("pretrain", "Pre-train one encoder on the training splits of prepared datasets");
    auto options = std::make_shared<Options>();
    command->add_option("--data", options->data, "Prepared dataset, or several for one pre-training")
        ->required()
        ->type_name("FILE");
    command->add_option("--method", options->method, "Pre-training method")
        ->required()
        ->check(one_of(trained_methods()));
    command
        ->add_option("--out", options->out,
                     "Folder for METHOD.safetensors and its curves (METHOD.csv), or a file name that ends in "
                     ".safetensors")
        ->required()
        ->type_name("FOLDER");
    command->add_option("--encoder", options->backbone, "Network")
        ->check(one_of({"resnet18", "resnet50"}))
        ->capture_default_str();
    command->add_option("--epochs", options->epochs, "Epochs (default: the method's 300)")->check(whole_number(1));
    command->add_option("--batch-size", options->batch_size, "Images per batch (default: 256)")->check(whole_number(1));
    command->add_option("--image-size", options->image_size, "Side of a view in pixels (default: 224)")
        ->check(whole_number(1));
    command->add_option("--seed", options->seed, "Seed for weights, order and views")
        ->check(whole_number())
        ->capture_default_str();
    command
        ->add_option("--tensorboard", options->tensorboard,
                     "Folder for the training's curves as TensorBoard reads them")
        ->type_name("FOLDER");
    command->add_option("--device", options->device, "auto (a GPU if there is one), cpu, cuda or cuda:INDEX")
        ->capture_default_str();
    command
        ->add_option("--set", options->settings,
                     "Option as in a plan, e.g. optimizer.learning_rate=0.3; may be given several times")
        ->allow_extra_args(false)
        ->type_name("KEY=VALUE");
    group_options(*command, "Training", {"--encoder", "--epochs", "--batch-size", "--image-size", "--seed", "--set"});
    const auto ranks = add_rank_options(*command);
    command->add_option("--devices", ranks->devices, "The same with one process on each of these GPUs: 0,1,2,3")
        ->type_name("LIST");
    group_options(*command, "Machine", {"--device", "--ranks", "--devices"});
    add_examples(*command, {"mlvicx-bench pretrain --data nih.safetensors --method mlvicx --out encoders",
                            "mlvicx-bench pretrain --data nih.safetensors --method byol --epochs 100 "
                            "\\\n    --out encoders/byol_slow.safetensors --set optimizer.learning_rate=0.3"});
    command->callback([options, ranks] {
        const RankPart part = take_part(*ranks);
        if (part.parent) return;
        if (!part.device.empty()) options->device = part.device;
        use_all_threads();
        pretrain_command(*options, part.world.get());
    });
}

} // namespace mlvicx
