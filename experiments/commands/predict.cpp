#include "core/error.h"
#include "core/files.h"
#include "core/progress.h"
#include "datasets/image_files.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/evaluation/heatmap_places.h"
#include "experiments/evaluation/heatmaps.h"
#include "experiments/figures/prediction_sheet.h"
#include "experiments/prediction.h"
#include "results/report/csv.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <numeric>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

struct Options {
    fs::path model, out, sheet;
    std::vector<std::string> files;
    std::string device = "auto";
    std::int64_t rows = 8;
};

/// A line of the CSV.
struct Line {
    std::string file, fault;
    const float* scores = nullptr; ///< C; null if the file was not read
};

CsvColumns<Line> columns_of(const ModelFacts& facts) {
    CsvColumns<Line> columns{{"file", [](const Line& line) { return line.file; }}};
    for (std::size_t c = 0; c < facts.classes.size(); ++c) {
        columns.push_back({facts.classes[c] + " score",
                           [c](const Line& line) { return line.scores ? CsvField(line.scores[c]) : CsvField(""); }});
        columns.push_back({facts.classes[c] + " positive", [c, of = facts.thresholds[c]](const Line& line) {
                               return line.scores && of.known ? CsvField(line.scores[c] >= of.threshold ? 1 : 0)
                                                              : CsvField("");
                           }});
    }
    columns.push_back({"error", [](const Line& line) { return line.fault; }});
    columns.push_back({"notice", [](const Line&) { return not_for_clinical_use; }});
    return columns;
}

/// All that a run writes and prints, from some files at a time.
class Predictions {
public:
    Predictions(SavedModel& model, const Inference& inference, std::size_t rows)
        : model_(model), inference_(inference), rows_(rows), csv_(columns_of(model.facts)),
          positives_(model.facts.classes.size(), 0) {}

    void take(const PredictedFiles& part) {
        const auto* scores = part.scores.data_ptr<float>();
        const std::size_t classes = positives_.size();
        for (std::size_t i = 0; i < part.files.size(); ++i) {
            const bool read = part.faults[i].empty();
            const float* own = read ? scores + i * classes : nullptr;
            csv_.add({part.files[i].string(), part.faults[i], own});
            if (!read) {
                if (bad == 0) first_bad = part.files[i].string() + ": " + part.faults[i];
                if (++bad <= named) say("{}: {}", part.files[i].string(), part.faults[i]);
                if (bad == named + 1) say("further files that cannot be read are named only in the CSV");
                continue;
            }
            ++good;
            for (std::size_t c = 0; c < classes; ++c)
                positives_[c] += model_.facts.thresholds[c].known && own[c] >= model_.facts.thresholds[c].threshold;
            if (pictures.size() < rows_)
                pictures.push_back({part.files[i].filename().string(),
                                    part.images[static_cast<std::int64_t>(i)].clone(),
                                    {},
                                    {own, own + classes}});
        }
    }

    /// Adds the heatmaps to `pictures`.
    void draw_heat() {
        std::vector<torch::Tensor> pixels;
        for (const auto& picture : pictures) pixels.push_back(picture.pixels);
        if (pixels.empty()) return;
        WantedHeatmaps wanted;
        wanted.images.resize(pixels.size());
        wanted.classes.resize(positives_.size());
        std::iota(wanted.images.begin(), wanted.images.end(), 0);
        std::iota(wanted.classes.begin(), wanted.classes.end(), 0);
        const auto maps = heatmaps(*model_.encoder, model_.head.linear(), torch::stack(pixels), wanted, inference_);
        for (std::size_t i = 0; i < pictures.size(); ++i) pictures[i].maps = maps[static_cast<std::int64_t>(i)];
    }

    const std::string& csv() const { return csv_.text(); }

    void print_classes() const {
        std::printf("%-24s %10s %10s %13s\n", "class", "threshold", "positive", "of images");
        for (std::size_t c = 0; c < positives_.size(); ++c) {
            const auto& of = model_.facts.thresholds[c];
            const std::string threshold = of.known ? fmt::format("{:.4f}", of.threshold) : "-";
            const std::string positive = of.known ? fmt::format("{}", positives_[c]) : "-";
            std::printf("%-24s %10s %10s %13zu\n", model_.facts.classes[c].c_str(), threshold.c_str(), positive.c_str(),
                        good);
        }
    }

    static constexpr std::size_t named = 10; ///< files that cannot be read and are named on standard error
    std::size_t good = 0, bad = 0;
    std::string first_bad;
    std::vector<PredictedPicture> pictures;

private:
    SavedModel& model_;
    const Inference inference_;
    const std::size_t rows_;
    CsvText<Line> csv_;
    std::vector<std::size_t> positives_;
};

/// An output must not replace an input.
void require_new(const char* option, const fs::path& out, const Options& given, const std::vector<fs::path>& files) {
    if (out.empty()) return;
    require_writable_folder(out.has_parent_path() ? out.parent_path() : fs::path("."));
    std::error_code none;
    if (fs::is_directory(out)) user_error("{} {}: is a folder, expected a file to write", option, out.string());
    const auto same = [&](const fs::path& file) { return fs::equivalent(file, out, none); };
    if (fs::exists(out) && (same(given.model) || std::any_of(files.begin(), files.end(), same)))
        user_error("{} {}: is one of the files to read, expected another name", option, out.string());
}

void predict_command(const Options& given) {
    SavedModel model = load_model(given.model);
    const auto found = image_files({given.files.begin(), given.files.end()});
    if (!given.sheet.empty()) require_places(model.facts.image_size, WantedHeatmaps{}.layer, "--sheet");
    require_new("--out", given.out, given, found.files);
    require_new("--sheet", given.sheet, given, found.files);
    if (!found.left_out.empty())
        say("{} files in the folders are not images and are left out, for instance {}", found.left_out.size(),
            found.left_out.front().string());
    if (found.repeated > 0) say("{} files are named more than once; each is scored once", found.repeated);
    const auto& facts = model.facts;
    say("{}: {} on {} labelled images of {}, {} classes; {}", given.model.string(), facts.protocol, facts.train_images,
        facts.dataset, facts.classes.size(), not_for_clinical_use);
    const torch::Device device = device_from(given.device);
    say("device: {}", describe_device(device));
    model.move_to(device);
    const Inference inference = inference_of(facts, device);

    Predictions predictions(model, inference, given.sheet.empty() ? 0 : static_cast<std::size_t>(given.rows));
    predict_files(model, found.files, inference, [&](const PredictedFiles& part) { predictions.take(part); });
    predictions.draw_heat();
    write_text(given.out, predictions.csv());
    if (!predictions.pictures.empty()) prediction_sheet(facts, predictions.pictures).save(given.sheet);
    predictions.print_classes();
    std::printf("%s: %zu images scored, %zu files not read; %s\n", given.out.c_str(), predictions.good, predictions.bad,
                not_for_clinical_use);
    if (predictions.bad > 0)
        user_error("{} of {} files could not be read and have no score, first {}", predictions.bad, found.files.size(),
                   predictions.first_bad);
}

} // namespace

void add_predict(CLI::App& app) {
    auto* command = app.add_subcommand("predict", fmt::format("Score new images with a classifier that evaluate --save "
                                                              "wrote; {}",
                                                              not_for_clinical_use));
    auto options = std::make_shared<Options>();
    command->add_option("FILES", options->files, "Images (PNG, JPEG, DICOM), and folders of them")->required();
    command->add_option("--model", options->model, "Classifier to use, from evaluate --save")
        ->required()
        ->type_name("FILE");
    command
        ->add_option("--out", options->out,
                     "CSV file to write: a row per file with each class's score and whether it reaches the threshold")
        ->required()
        ->type_name("FILE");
    command->add_option("--sheet", options->sheet, "Figure to write (PNG): the first images with heatmaps")
        ->type_name("FILE");
    command->add_option("--images", options->rows, "Rows of the figure; all images are scored")
        ->check(whole_number(1, 200))
        ->capture_default_str();
    command->add_option("--device", options->device, "auto (a GPU if there is one), cpu, cuda or cuda:INDEX")
        ->capture_default_str();
    group_options(*command, "Output", {"--out", "--sheet", "--images"});
    group_options(*command, "Machine", {"--device"});
    add_examples(*command, {"mlvicx-bench predict --model model.safetensors --out scores.csv /data/nih/images",
                            "mlvicx-bench predict --model model.safetensors --out scores.csv --sheet heatmaps.png \\\n"
                            "    /data/siim"});
    command->callback([options] {
        use_all_threads();
        predict_command(*options);
    });
}

} // namespace mlvicx
