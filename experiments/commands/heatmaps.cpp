#include "core/error.h"
#include "core/files.h"
#include "core/progress.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/commands/evaluation_arguments.h"
#include "experiments/figures/heatmap_sheet.h"
#include "experiments/runner/jobs.h"
#include "mlvicx/context_encoder.h"
#include "results/report/sections/localisation_text.h"
#include "results/report/table.h"
#include "results/statistics/intervals.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstdio>
#include <memory>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

struct Options : EvaluationArguments {
    fs::path out, attention, csv;
    std::vector<std::string> encoders;
    std::int64_t rows = 8;
};

/// Names that tell the encoders of a figure apart.
std::vector<std::string> names_of(const std::vector<Subject>& subjects) {
    std::vector<std::string> names;
    for (const auto& subject : subjects) {
        const auto stem = subject.file.stem().string();
        const auto method = subject.metadata.find("method");
        std::string name = method != subject.metadata.end() ? method->second : stem;
        if (subject.file.empty()) name = "random";
        const auto taken = [&] { return std::find(names.begin(), names.end(), name) != names.end(); };
        if (taken() && !stem.empty()) name += " " + stem.substr(0, 8);
        if (taken()) user_error("--encoder: {} is given twice", subject.file.empty() ? name : subject.file.string());
        names.push_back(name);
    }
    return names;
}

std::vector<torch::Tensor> attention_of(ContextEncoder& encoder, const OpenDataset& data,
                                        const std::vector<std::int64_t>& images, const Inference& inference) {
    const torch::NoGradGuard no_grad;
    std::vector<std::vector<torch::Tensor>> parts;
    for_each_batch("attention", data.images, images, inference, [&](const auto& input, auto, auto count) {
        const auto gates = encoder.attention(input);
        parts.resize(gates.size());
        for (std::size_t level = 0; level < gates.size(); ++level)
            parts[level].push_back(gates[level].narrow(0, 0, count).cpu());
    });
    std::vector<torch::Tensor> levels;
    for (const auto& part : parts) levels.push_back(torch::cat(part));
    return levels;
}

std::vector<LocalisationFigure> figures_of(const ImageMetrics& metrics) {
    LocalisationValues values;
    for (const auto& metric : metrics.metrics) values[metric.metric] = {metric.values.begin(), metric.values.end()};
    return localisation_figures(metrics.images, values, TestSet(metrics.images).resamples);
}

void heatmaps_command(const Options& given) {
    EvaluationJob job = job_of(given);
    job.options.heatmaps.on = true;
    if (!job.options.classes.empty())
        user_error("--set: $.classes restricts the classes, but heatmaps draws those of the boxes: leave it out");
    OpenDataset data = open_for(job, given.data);
    const auto shown = shown_images(*data.prepared, static_cast<std::size_t>(given.rows));
    if (shown.empty())
        user_error("{}: no test image has a box or a finding to draw a heatmap of", data.prepared->file().string());
    std::vector<std::int64_t> images;
    for (const auto& item : shown)
        if (std::find(images.begin(), images.end(), item.image) == images.end()) images.push_back(item.image);
    std::vector<Subject> subjects;
    for (const auto& encoder : given.encoders) subjects.push_back(subject_of(encoder, given, job));
    const auto names = names_of(subjects);
    say("device: {}", describe_device(job.device));
    data.move_to(job.device);

    std::vector<ShownMethod> methods;
    std::vector<ShownAttention> attention;
    std::vector<LocalisationRow> rows;
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        const std::string& name = names[i];
        say("{}: {}, labelled images: {}", name, given.protocol, fraction_text(given.fraction));
        ShownMethod method{name, {}, {}};
        job.encoder = subjects[i].encoder;
        job.inspect = [&](Encoder& encoder, const EvaluationOutcome& outcome, const Inference& inference) {
            method.maps = shown_maps(encoder, outcome.head, data.images, shown, job.options.heatmaps.layer, inference);
            auto* context = dynamic_cast<ContextEncoder*>(&encoder);
            if (!given.attention.empty() && context != nullptr && context->parts() != ContextParts::channel)
                attention.push_back({name, attention_of(*context, data, images, inference)});
        };
        const auto result = evaluate_encoder(data, job);
        method.scores = shown_scores(shown, result.scores, data.test, data.classes.size());
        methods.push_back(std::move(method));
        if (!result.image_metrics.empty())
            rows.push_back({{data.prepared->dataset(), given.protocol, protocol_entry(given.protocol).label},
                            name,
                            given.fraction,
                            1,
                            figures_of(result.image_metrics.back())});
    }
    if (!given.attention.empty() && attention.empty())
        user_error("--attention: no given encoder has context bottlenecks with a spatial part, so there is no "
                   "attention to draw");
    const auto title = fmt::format("{}, {}: Grad-CAM at map {} of 5, {} pixels", data.prepared->dataset(),
                                   given.protocol, job.options.heatmaps.layer, job.options.image_size);
    heatmap_sheet(*data.prepared, shown, methods, job.options.heatmaps.tolerance, title).save(given.out);
    if (!attention.empty()) attention_sheet(*data.prepared, images, attention, given.attention);
    if (!given.csv.empty()) write_text(given.csv, localisation_csv(rows));
    std::printf("%s", rows.empty() ? "The test images have no boxes, so nothing is scored.\n"
                                   : localisation_text(rows).c_str());
    std::printf("%s: %s, %s\n", given.out.c_str(), counted(std::ssize(shown), "image").c_str(),
                counted(std::ssize(methods), "method").c_str());
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
    command->add_option("--out", options->out, "Figure to write (PNG): a row per test image, a column per encoder")
        ->required()
        ->type_name("FILE");
    command
        ->add_option("--attention", options->attention,
                     "Figure (PNG) of the spatial attention of encoders with context bottlenecks")
        ->type_name("FILE");
    command->add_option("--csv", options->csv, "CSV file for the metrics, overall and per class")->type_name("FILE");
    command->add_option("--images", options->rows, "Rows of the figure; all images with boxes are scored")
        ->check(whole_number(1, 200))
        ->capture_default_str();
    add_evaluation_arguments(*command, *options, protocol_names(&Procedure::linear_head),
                             "heatmaps.layer=4, finetuned.epochs=20");
    group_options(*command, "Output", {"--out", "--attention", "--csv", "--images"});
    add_examples(*command,
                 {"mlvicx-bench heatmaps nih.safetensors --encoder encoders/mlvicx.safetensors --encoder random \\\n"
                  "    --out heatmaps.png --attention attention.png"});
    command->callback([options] {
        use_all_threads();
        heatmaps_command(*options);
    });
}

} // namespace mlvicx
