#include "core/error.h"
#include "core/files.h"
#include "core/progress.h"
#include "experiments/cells.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/heatmap_sheet.h"
#include "experiments/runner_work.h"
#include "experiments/settings.h"
#include "mlvicx/context_encoder.h"
#include "results/intervals.h"
#include "results/localisation_text.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

struct Options {
    fs::path data, out, attention, csv;
    std::vector<std::string> encoders, settings;
    std::string backbone = "resnet18", protocol = "frozen", device = "auto";
    double amount = 1;
    std::int64_t seed = 0, image_size = 0, rows = 8;
};

/// An encoder to compare, under a name that tells it from the others.
struct Subject {
    std::string name;
    std::function<std::shared_ptr<Encoder>()> encoder;
};

std::vector<Subject> subjects_of(const Options& given, const std::string& features) {
    std::vector<Subject> subjects;
    std::set<std::string> names;
    for (const auto& text : given.encoders) {
        Subject subject;
        subject.name = "random";
        subject.encoder = [&given] { return initial_encoder(given.backbone, given.seed); };
        if (text != "random") {
            const fs::path file = text;
            subject.encoder = [file, features] { return encoder_for_evaluation(file, features); };
            subject.encoder(); // an unfit file is found now
            const Safetensors weights(file);
            const auto& metadata = weights.metadata();
            const auto method = metadata.find("method");
            subject.name = method != metadata.end() ? method->second : file.stem().string();
            if (names.contains(subject.name)) subject.name += " " + file.stem().string().substr(0, 8);
        }
        if (!names.insert(subject.name).second) user_error("--encoder: {} is given twice", text);
        subjects.push_back(std::move(subject));
    }
    return subjects;
}

/// Heatmaps of the shown films, each of its own finding.
std::vector<torch::Tensor> maps_of(Encoder& encoder, const LinearHead& head, const OpenDataset& data,
                                   const std::vector<ShownFilm>& shown, const EvaluationTask& task) {
    std::vector<std::int64_t> films;
    std::vector<std::int64_t> labels;
    for (const auto& item : shown) {
        films.push_back(item.film);
        labels.push_back(item.label);
    }
    std::sort(labels.begin(), labels.end());
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    const auto& options = task.options;
    const auto all = heatmaps(encoder, head, data.films, films, labels, options.heatmaps.layer, options.image_size,
                              task.device, evaluation_precision(task.protocol, options, task.device));
    std::vector<torch::Tensor> maps;
    for (std::size_t row = 0; row < shown.size(); ++row) {
        const auto c = std::find(labels.begin(), labels.end(), shown[row].label) - labels.begin();
        maps.push_back(all[static_cast<std::int64_t>(row)][c]);
    }
    return maps;
}

std::vector<torch::Tensor> attention_of(ContextEncoder& encoder, const OpenDataset& data,
                                        const std::vector<std::int64_t>& films, const EvaluationTask& task) {
    const torch::NoGradGuard no_grad;
    std::vector<std::vector<torch::Tensor>> parts;
    for_each_batch("attention", data.films, films, task.options.image_size, task.device,
                   [&](const auto& input, auto, auto count) {
                       const auto gates = encoder.attention(input);
                       parts.resize(gates.size());
                       for (std::size_t level = 0; level < gates.size(); ++level)
                           parts[level].push_back(gates[level].narrow(0, 0, count).cpu());
                   });
    std::vector<torch::Tensor> levels;
    for (const auto& part : parts) levels.push_back(torch::cat(part));
    return levels;
}

std::vector<LocalisationFigure> figures_of(const FilmMetrics& metrics) {
    LocalisationValues values;
    for (const auto& metric : metrics.metrics) values[metric.metric] = {metric.values.begin(), metric.values.end()};
    return localisation_figures(metrics.films, values, TestSet(metrics.films).resamples);
}

void heatmaps_command(const Options& given) {
    EvaluationTask task;
    task.device = device_from(given.device);
    task.protocol = given.protocol;
    task.amount = given.amount;
    task.seed = task.draw = given.seed;
    json::object settings = settings_from(given.settings);
    add_setting(settings, "image_size", given.image_size, "--image-size");
    overlay(settings, "--set", "$", [&](Fields& f) { fields(f, task.options); });
    task.options.heatmaps.on = true;
    OpenDataset data = open_dataset(given.data);
    verify_content(data);
    if (!task.options.subsets.empty()) data.subsets = import_subsets(task.options.subsets, *data.prepared);
    for (const Split split : {Split::train, Split::validation, Split::test})
        if (data.prepared->films_of(split).empty())
            user_error("{}: its {} split is empty", given.data.string(), name_of(split));
    const auto shown = shown_films(*data.prepared, static_cast<std::size_t>(given.rows));
    std::vector<std::int64_t> films;
    for (const auto& item : shown)
        if (std::find(films.begin(), films.end(), item.film) == films.end()) films.push_back(item.film);
    const auto subjects = subjects_of(given, task.options.features);
    say("device: {}", describe_device(task.device));
    data.move_to(task.device);

    const auto test = data.prepared->films_of(Split::test);
    const auto classes = data.prepared->classes().size();
    std::vector<ShownMethod> methods;
    std::vector<ShownAttention> attention;
    std::vector<LocalisationRow> rows;
    for (const auto& subject : subjects) {
        say("{}: {}, labelled films: {}", subject.name, given.protocol, amount_text(given.amount));
        ShownMethod method{subject.name, {}, {}};
        task.encoder = subject.encoder;
        task.inspect = [&](Encoder& encoder, const LinearHead& head) {
            method.maps = maps_of(encoder, head, data, shown, task);
            auto* context = dynamic_cast<ContextEncoder*>(&encoder);
            if (!given.attention.empty() && context != nullptr)
                attention.push_back({subject.name, attention_of(*context, data, films, task)});
        };
        const auto result = evaluate_encoder(data, task);
        for (const auto& item : shown) {
            const auto place = std::lower_bound(test.begin(), test.end(), item.film) - test.begin();
            method.scores.push_back(
                result.scores[static_cast<std::size_t>(place) * classes + static_cast<std::size_t>(item.label)]);
        }
        methods.push_back(std::move(method));
        if (!result.film_metrics.empty())
            rows.push_back({{data.prepared->dataset(), given.protocol, protocol_label(given.protocol)},
                            subject.name,
                            given.amount,
                            1,
                            figures_of(result.film_metrics.back())});
    }
    if (!given.attention.empty() && attention.empty())
        user_error("--attention: no given encoder has context bottlenecks whose attention could be drawn");
    const auto title = fmt::format("{}, {}: Grad-CAM at map {} of 5, {} pixels", data.prepared->dataset(),
                                   given.protocol, task.options.heatmaps.layer, task.options.image_size);
    heatmap_sheet(*data.prepared, shown, methods, task.options.heatmaps.tolerance, title, given.out);
    if (!attention.empty()) attention_sheet(*data.prepared, films, attention, given.attention);
    if (!given.csv.empty()) write_text(given.csv, localisation_csv(rows));
    std::printf("%s",
                rows.empty() ? "The test films have no boxes: nothing is scored.\n" : localisation_text(rows).c_str());
    std::printf("%s: %zu films, %zu methods\n", given.out.c_str(), shown.size(), methods.size());
}

} // namespace

void add_heatmaps(CLI::App& app) {
    auto* command = app.add_subcommand("heatmaps", "Draw what encoders look at (Grad-CAM), and score it against boxes");
    auto options = std::make_shared<Options>();
    command->add_option("FILE", options->data, "Prepared dataset")->required();
    command
        ->add_option("--encoder", options->encoders,
                     "Encoder file (ours or torchvision-named weights), or random; may be given several times")
        ->allow_extra_args(false)
        ->required()
        ->type_name("FILE");
    command->add_option("--out", options->out, "Sheet to draw (PNG): a row per test image, a column per encoder")
        ->required()
        ->type_name("FILE");
    command
        ->add_option("--attention", options->attention,
                     "Sheet (PNG) of the spatial attention of encoders with context bottlenecks")
        ->type_name("FILE");
    command->add_option("--csv", options->csv, "CSV file for the figures, also class by class")->type_name("FILE");
    command->add_option("--films", options->rows, "Rows of the sheet; all films with boxes are scored")
        ->check(whole_number(1, 200))
        ->capture_default_str();
    command->add_option("--backbone", options->backbone, "Of --encoder random")
        ->check(one_of({"resnet18", "resnet50"}))
        ->capture_default_str();
    auto protocols = protocol_names();
    protocols.erase(
        std::remove_if(protocols.begin(), protocols.end(), [](auto& name) { return !has_linear_head(name); }),
        protocols.end());
    command->add_option("--protocol", options->protocol, "How the encoder is evaluated")
        ->check(one_of(protocols))
        ->capture_default_str();
    command->add_option("--fraction", options->amount, "Labelled images")->check(label_amount())->capture_default_str();
    command->add_option("--seed", options->seed, "Of the labelled subset and of training")
        ->check(whole_number())
        ->capture_default_str();
    command->add_option("--image-size", options->image_size, "Pixels that the encoder sees, instead of 224")
        ->check(whole_number(16, 4096));
    command->add_option("--device", options->device, "auto: a GPU where there is one; cpu, cuda or cuda:INDEX")
        ->capture_default_str();
    command
        ->add_option(
            "--set", options->settings,
            "As in a plan's \"evaluate\", e.g. heatmaps.layer=4, finetuned.epochs=20; may be given several times")
        ->allow_extra_args(false)
        ->type_name("KEY=VALUE");
    group_options(*command, "Labels and training",
                  {"--fraction", "--seed", "--image-size", "--protocol", "--backbone", "--set"});
    group_options(*command, "Output", {"--out", "--attention", "--csv", "--films"});
    group_options(*command, "Machine", {"--device"});
    add_examples(*command,
                 {"mlvicx-bench heatmaps nih.safetensors --encoder encoders/mlvicx.safetensors --encoder random \\\n"
                  "    --out heatmaps.png --attention attention.png"});
    command->callback([options] {
        use_all_threads();
        heatmaps_command(*options);
    });
}

} // namespace mlvicx
