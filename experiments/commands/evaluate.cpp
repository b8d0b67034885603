#include "core/error.h"
#include "core/log.h"
#include "core/progress.h"
#include "experiments/cells.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/protocols.h"
#include "experiments/runner_lease.h"
#include "experiments/runner_work.h"
#include "experiments/settings.h"
#include "experiments/single_steps.h"
#include "mlvicx/encoders.h"
#include "results/class_table.h"
#include "results/owner.h"

#include <cstdio>
#include <memory>
#include <optional>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

struct Options {
    fs::path data, results, out, sheet;
    std::string encoder, label, backbone = "resnet18", protocol = "frozen", device = "auto";
    std::vector<std::string> settings;
    double amount = 1;
    std::int64_t seed = 0, image_size = 0;
    std::optional<std::int64_t> draw;
};

/// The evaluation as a cell: the same hash as a plan's cell with the same encoder, data and options.
struct Subject {
    CellKey key;
    json::object source; ///< what the result's details say of the encoder
    std::function<std::shared_ptr<Encoder>()> encoder;
};

/// The name of the evaluation's row in tables.
std::string label_of(const Options& given) {
    const bool random = given.encoder == "random";
    if (given.label.empty()) return random ? given.encoder : fs::path(given.encoder).stem().string();
    if (given.label == "random" && !random)
        user_error("--label random is the name of the control, whose weights are random; {} needs another",
                   given.encoder);
    return given.label;
}

Subject subject_of(const Options& given, const PlanEvaluation& options, const OpenDataset& data,
                   const torch::Device& device) {
    Subject subject;
    CellKey& key = subject.key;
    key.kind = "evaluate";
    key.dataset = data.prepared->dataset();
    key.protocol = given.protocol;
    key.fraction = given.amount;
    key.seed = given.seed;
    if (given.amount != 1 || !options.subsets.empty()) key.draw = given.draw; // all films are the same in every draw
    std::string name = given.backbone, id;
    key.method = label_of(given);
    if (given.encoder == "random") {
        key.control = true;
        subject.source["random"] = true;
        id = random_encoder_id(name, given.seed);
        subject.encoder = [name, seed = given.seed] { return initial_encoder(name, seed); };
    } else {
        const fs::path file = given.encoder;
        subject.encoder = [file, features = options.features] { return encoder_for_evaluation(file, features); };
        name = subject.encoder()->name(); // an unfit file is found now
        const Safetensors header(file);
        const auto& metadata = header.metadata();
        const bool ours = metadata.contains("hash") && metadata.contains("method");
        subject.source = source_of_encoder(file);
        id = ours ? metadata.at("hash") : weights_encoder_id(name, file);
        if (const auto health = metadata.find("health"); health != metadata.end() && health->second != "healthy")
            say("{}: the verdict on its pre-training is \"{}\"", file.string(), health->second);
    }
    std::string subset; // imported, or drawn
    if (!data.subsets.empty()) {
        const auto found = data.subsets.find({key.fraction, drawn_by(key)});
        if (found == data.subsets.end())
            user_error("{}: has no subset of {} with seed {} of {}", options.subsets, amount_text(key.fraction),
                       drawn_by(key), given.data.string());
        subset = found->second.digest;
    }
    key.config = evaluate_config(options, key, name, id, data.fingerprint(), device, subset);
    key.hash = hash_of(key.config);
    return subject;
}

std::string percent(std::optional<double> value) {
    return value ? fmt::format("{:.2f}", 100 * *value) : "-";
}

/// Dice and IoU of each mask and of their mean.
void print_overlap(const CellResult& result) {
    std::vector<std::string> names;
    for (const auto& mask : result.test.front().classes) names.push_back(mask.name);
    std::printf("%-20s %9s %9s", "mask", "with it", "without");
    for (const auto& table : result.test) std::printf(" %14s", table.metric.c_str());
    for (std::size_t m = 0; m < names.size(); ++m) {
        const auto& mask = result.test.front().classes[m];
        std::printf("\n%-20s %9lld %9lld", names[m].c_str(), static_cast<long long>(mask.positives),
                    static_cast<long long>(mask.negatives));
        for (const auto& table : result.test) std::printf(" %14s", percent(table.classes[m].value).c_str());
    }
    std::printf("\n%-40s", "mean over masks, in percent");
    for (const auto& table : result.test) std::printf(" %14s", percent(table.mean).c_str());
    std::printf("\n%lld labelled films, %zu test films\n", static_cast<long long>(result.train_films),
                result.film_metrics.front().films.ids.size());
}

void print_table(const CellResult& result) {
    if (!result.scored) return print_overlap(result);
    std::printf("%s", evaluation_text(result).c_str());
    if (const auto* dead = result.details.if_contains("dead_features"); dead && dead->to_number<std::int64_t>() > 0)
        std::printf("%lld of %lld features vary by rounding alone and count as constant\n",
                    dead->to_number<long long>(), result.details.at("features").to_number<long long>());
}

void write_counts(const fs::path& file, const FilmMetrics& counts) {
    std::string text = "id,patient";
    for (const auto& mask : counts.films.classes)
        for (const auto& metric : counts.metrics) text += fmt::format(",{} {}", mask, metric.metric);
    text += '\n';
    const std::size_t masks = counts.films.classes.size();
    for (std::size_t i = 0; i < counts.films.ids.size(); ++i) {
        text += counts.films.ids[i] + ',' + counts.films.patients[i];
        for (std::size_t m = 0; m < masks; ++m)
            for (const auto& metric : counts.metrics) text += fmt::format(",{}", metric.values[i * masks + m]);
        text += '\n';
    }
    write_text(file, text);
}

void write_scores(const fs::path& file, const CellResult& result) {
    if (!result.scored) return write_counts(file, result.film_metrics.front());
    const ScoredFilms& films = *result.scored;
    const std::size_t classes = films.classes.size();
    std::string text = "id,patient";
    for (const auto& name : films.classes) text += fmt::format(",{0} label,{0} score", name);
    text += '\n';
    for (std::size_t i = 0; i < films.ids.size(); ++i) {
        text += films.ids[i] + ',' + films.patients[i];
        for (std::size_t c = 0; c < classes; ++c)
            text += fmt::format(",{},{}", films.labels[i * classes + c], result.scores[i * classes + c]);
        text += '\n';
    }
    write_text(file, text);
}

void evaluate_command(const Options& given) {
    if (!given.sheet.empty() && !is_segmentation(given.protocol))
        user_error("--sheet draws masks, which the protocol {} does not predict; expected segmentation_frozen or "
                   "segmentation_finetuned",
                   given.protocol);
    const torch::Device device = device_from(given.device);
    PlanEvaluation options;
    json::object settings = settings_from(given.settings);
    add_setting(settings, "image_size", given.image_size, "--image-size");
    overlay(settings, "--set", "$", [&](Fields& f) { fields(f, options); });
    OpenDataset data = open_dataset(given.data);
    if (!options.subsets.empty()) data.subsets = import_subsets(options.subsets, *data.prepared);
    for (const Split split : {Split::train, Split::validation, Split::test})
        if (data.prepared->films_of(split).empty())
            user_error("{}: its {} split is empty", given.data.string(), name_of(split));
    verify_content(data);
    const Subject subject = subject_of(given, options, data, device);
    say("device: {}", describe_device(device));
    data.move_to(device);

    std::optional<Store> store;
    if (!given.results.empty()) {
        store.emplace(given.results);
        log_beside(given.results);
        register_single_step(*store, subject.key, subject.source, !given.label.empty());
        if (store->state(subject.key.hash) == CellState::done)
            say("{} has this evaluation already; it is made again and not recorded", given.results.string());
        else if (!store->claim(subject.key, process_owner(), LeaseKeeper::seconds))
            user_error("{}: another process works on this evaluation", given.results.string());
    }
    EvaluationTask task;
    task.protocol = given.protocol;
    task.amount = given.amount;
    task.seed = given.seed;
    task.draw = drawn_by(subject.key);
    task.options = options;
    task.encoder = subject.encoder;
    task.sheet = given.sheet;
    task.device = device;
    CellResult result;
    try {
        std::optional<LeaseKeeper> keeper;
        if (store) keeper.emplace(*store, subject.key.hash, process_owner());
        result = evaluate_encoder(data, task);
        result.details["weights"] = subject.source;
    } catch (...) {
        if (store) store->release(subject.key.hash, process_owner());
        throw;
    }
    if (store && store->state(subject.key.hash) != CellState::done)
        store->finish(subject.key, result, provenance_of(device));
    if (!given.out.empty()) write_scores(given.out, result);
    print_table(result);
}

} // namespace

void add_evaluate(CLI::App& app) {
    auto* command = app.add_subcommand("evaluate", "Evaluate one encoder on a prepared dataset");
    auto options = std::make_shared<Options>();
    command->add_option("--data", options->data, "Prepared dataset")->required()->type_name("FILE");
    command->add_option("--encoder", options->encoder, "Encoder file (ours or torchvision-named weights), or random")
        ->required()
        ->type_name("FILE");
    command->add_option("--label", options->label,
                        "Name of its row in reports (default: the file's name without its ending; random)");
    command->add_option("--backbone", options->backbone, "Of --encoder random")
        ->check(one_of({"resnet18", "resnet50"}))
        ->capture_default_str();
    command->add_option("--protocol", options->protocol, "How the encoder is evaluated")
        ->check(one_of(protocol_names()))
        ->capture_default_str();
    command->add_option("--fraction", options->amount, "Labelled images")->check(label_amount())->capture_default_str();
    command->add_option("--draw", options->draw, "Number that draws the labelled subset (default: the seed)")
        ->check(whole_number());
    command->add_option("--seed", options->seed, "Of training, and of the labelled subset where --draw is not given")
        ->check(whole_number())
        ->capture_default_str();
    command->add_option("--image-size", options->image_size, "Pixels that the encoder sees, instead of 224")
        ->check(whole_number(16, 4096));
    command->add_option("--device", options->device, "auto: a GPU where there is one; cpu, cuda or cuda:INDEX")
        ->capture_default_str();
    command->add_option("--results", options->results, "Results file to record into")->type_name("FILE");
    command->add_option("--out", options->out, "CSV file for the scores (of masks: the pixels) of every test image")
        ->type_name("FILE");
    command
        ->add_option("--sheet", options->sheet,
                     "Segmentation: PNG of the best, median and worst test image with true and predicted masks")
        ->type_name("FILE");
    command
        ->add_option("--set", options->settings,
                     "As in a plan's \"evaluate\", e.g. finetuned.epochs=20, features=backbone or subsets=FILE; may be "
                     "given several "
                     "times")
        ->allow_extra_args(false)
        ->type_name("KEY=VALUE");
    group_options(*command, "Labels and training",
                  {"--fraction", "--draw", "--seed", "--image-size", "--protocol", "--backbone", "--set"});
    group_options(*command, "Output", {"--results", "--out", "--sheet"});
    group_options(*command, "Machine", {"--device"});
    add_examples(*command,
                 {"mlvicx-bench evaluate --data nih.safetensors --encoder encoders/mlvicx.safetensors \\\n"
                  "    --fraction 0.01",
                  "mlvicx-bench evaluate --data nih.safetensors --encoder random --protocol knn --results own.db",
                  "mlvicx-bench evaluate --data siim.safetensors --encoder encoders/mlvicx.safetensors \\\n"
                  "    --protocol segmentation_finetuned --sheet masks.png"});
    command->callback([options] {
        use_all_threads();
        evaluate_command(*options);
    });
}

} // namespace mlvicx
