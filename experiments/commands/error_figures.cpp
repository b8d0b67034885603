#include "experiments/commands/error_figures.h"

#include "core/error.h"
#include "core/files.h"
#include "core/utf8.h"
#include "experiments/evaluation/heatmap_places.h"
#include "experiments/evaluation/heatmaps.h"
#include "experiments/figures/error_sheet.h"
#include "results/report/csv.h"
#include "results/report/table.h"
#include "results/report/text.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t drawn = 6; // of a kind, at most
constexpr const char* csv_name = "errors.csv";

struct Kind {
    const char* name;
    decltype(&ClassErrors::false_positives) images;
    decltype(&ClassErrors::negatives) among; ///< how many images could be such errors
};
const Kind kinds[] = {{"false positive", &ClassErrors::false_positives, &ClassErrors::negatives},
                      {"false negative", &ClassErrors::false_negatives, &ClassErrors::positives}};

std::vector<ErrorImage> most_confident(const std::vector<ErrorImage>& errors) {
    return {errors.begin(), errors.begin() + static_cast<std::ptrdiff_t>(std::min(errors.size(), drawn))};
}

/// "12 of 345".
std::string count_text(const ClassErrors& errors, const Kind& kind) {
    return fmt::format("{} of {}", (errors.*kind.images).size(), errors.*kind.among);
}

void require_new_folder(const fs::path& folder) {
    std::error_code error;
    if (fs::exists(folder, error) && (!fs::is_directory(folder, error) || !fs::is_empty(folder, error)))
        user_error("--errors: {} {}, expected a new or empty folder", folder.string(),
                   fs::is_directory(folder, error) ? "holds other files" : "is a file");
    require_writable_folder(folder);
}

/// Why an evaluation has no heatmaps; empty if it has.
std::string why_no_heatmaps(const EvaluationJob& job) {
    const auto layer = job.options.heatmaps.layer, size = job.options.image_size;
    if (job.given) return "features from a file have no network";
    if (job.shuffled) return "the labels were permuted";
    if (!job.protocol->procedure.linear_head)
        return fmt::format("the protocol {} has no linear head", job.protocol->name);
    if (!shows_places(size, layer)) return fmt::format("map {} of {} pixels is a single pixel", layer, size);
    return "";
}

/// A line of errors.csv.
struct Line {
    const ClassErrors& errors;
    const Kind& kind;
    std::size_t place; ///< 0: the most confident
    const PreparedDataset& dataset;
    std::string figure;

    const ErrorImage& image() const { return (errors.*kind.images)[place]; }
};

} // namespace

ErrorFigures::ErrorFigures(fs::path folder, const EvaluationJob& job, const OpenDataset& data)
    : folder_(std::move(folder)), job_(job), data_(data), no_heatmaps_(why_no_heatmaps(job)) {
    if (job.protocol->procedure.is_segmentation())
        user_error("--errors: the protocol {} predicts masks and has no scores of classes; expected {}",
                   job.protocol->name,
                   fmt::join(protocol_names([](const Procedure& of) { return !of.is_segmentation(); }), " or "));
    require_new_folder(folder_);
}

void ErrorFigures::find(const OpenDataset& evaluated, const EvaluationOutcome& outcome) {
    classes_ = class_errors(evaluated, outcome);
    chosen_on_ = evaluated.chosen_on;
}

bool ErrorFigures::has_figure(std::size_t label) const {
    const auto& errors = classes_[label];
    return std::any_of(std::begin(kinds), std::end(kinds),
                       [&](const Kind& kind) { return !(errors.*kind.images).empty(); });
}

void ErrorFigures::look(Encoder& encoder, const EvaluationOutcome& outcome, const Inference& inference) {
    if (!no_heatmaps_.empty()) return;
    WantedHeatmaps wanted;
    wanted.layer = job_.options.heatmaps.layer;
    for (std::size_t c = 0; c < classes_.size(); ++c) {
        if (has_figure(c)) wanted.classes.push_back(static_cast<std::int64_t>(c));
        for (const Kind& kind : kinds)
            for (const auto& error : most_confident(classes_[c].*kind.images)) wanted.images.push_back(error.image);
    }
    if (wanted.images.empty()) return;
    std::sort(wanted.images.begin(), wanted.images.end());
    wanted.images.erase(std::unique(wanted.images.begin(), wanted.images.end()), wanted.images.end());
    const auto maps = heatmaps(encoder, outcome.head, data_.images, wanted, inference);
    for (std::size_t i = 0; i < wanted.images.size(); ++i)
        for (std::size_t c = 0; c < wanted.classes.size(); ++c)
            maps_[{static_cast<std::size_t>(wanted.classes[c]), wanted.images[i]}] =
                maps[static_cast<std::int64_t>(i)][static_cast<std::int64_t>(c)];
}

std::string ErrorFigures::figure_name(std::size_t label) const {
    std::string name(utf8_prefix(classes_[label].name, 60));
    for (char& c : name)
        if (static_cast<unsigned char>(c) < 128 && std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
    return fmt::format("{:02}-{}.png", label + 1, name); // two names may differ in a replaced letter only
}

std::string ErrorFigures::csv() const {
    CsvText<Line> csv(
        {{"class", [](const Line& line) { return line.errors.name; }},
         {"error", [](const Line& line) { return line.kind.name; }},
         {"rank", [](const Line& line) { return line.place + 1; }},
         {"id", [](const Line& line) { return line.dataset.id(line.image().image); }},
         {"patient", [](const Line& line) { return line.dataset.patient(line.image().image); }},
         {"score", [](const Line& line) { return line.image().score; }},
         {"threshold", [](const Line& line) { return static_cast<float>(line.errors.threshold.threshold); }},
         {"figure", [](const Line& line) { return line.figure; }}});
    for (std::size_t c = 0; c < classes_.size(); ++c)
        for (const Kind& kind : kinds)
            for (std::size_t i = 0; i < (classes_[c].*kind.images).size(); ++i)
                csv.add({classes_[c], kind, i, *data_.prepared, i < drawn ? figure_name(c) : ""});
    return csv.text();
}

void ErrorFigures::write() const {
    std::vector<std::pair<std::string, Drawing>> figures;
    for (std::size_t c = 0; c < classes_.size(); ++c) {
        if (!has_figure(c)) continue;
        const auto& errors = classes_[c];
        std::vector<ErrorRow> rows;
        for (const Kind& kind : kinds) {
            ErrorRow row{kind.name, most_confident(errors.*kind.images), {}};
            for (const auto& error : row.images)
                if (no_heatmaps_.empty()) row.maps.push_back(maps_.at({c, error.image}));
            if (!row.images.empty()) rows.push_back(std::move(row));
        }
        figures.emplace_back(
            figure_name(c),
            error_sheet(*data_.prepared, errors.name, rows,
                        {fmt::format("{}: most confident errors of {} on {}", errors.name, job_.protocol->label,
                                     data_.prepared->dataset()),
                         fmt::format("threshold {:.3f}, chosen on {}; false positives: {}; false negatives: {}",
                                     errors.threshold.threshold, chosen_on_, count_text(errors, kinds[0]),
                                     count_text(errors, kinds[1])),
                         no_heatmaps_.empty() ? "below each image: the heatmap of the class"
                                              : "without heatmaps: " + no_heatmaps_}));
    }
    for (const auto& [name, figure] : figures) figure.save(folder_ / name);
    write_text(folder_ / csv_name, csv());
}

std::string ErrorFigures::text() const {
    Table table;
    table.title = "Errors";
    table.caption =
        fmt::format("test images on the wrong side of a class's threshold, which has the highest sensitivity "
                    "at a specificity of 90 % or more on the {} images",
                    chosen_on_);
    table.head = "class";
    table.columns = {{"threshold", ""}, {"false positives", ""}, {"false negatives", ""}};
    std::int64_t figures = 0, unknown = 0;
    for (std::size_t c = 0; c < classes_.size(); ++c) {
        const auto& errors = classes_[c];
        figures += has_figure(c);
        unknown += !errors.threshold.known;
        if (errors.threshold.known)
            table.lines.push_back({errors.name,
                                   {fmt::format("{:.4f}", errors.threshold.threshold), count_text(errors, kinds[0]),
                                    count_text(errors, kinds[1])}});
        else
            table.lines.push_back({errors.name, {"-", "-", "-"}});
    }
    std::string text = "\n" + narrow_tables_text({table});
    if (unknown > 0)
        text += "\n" +
                wrapped(fmt::format("-: the {} images lack positives or negatives of the class, or no threshold "
                                    "is specific enough.",
                                    chosen_on_),
                        terminal_columns) +
                "\n";
    text += fmt::format("\n{}: {}, {}\n", folder_.string(), counted(figures, "figure"), csv_name);
    if (!no_heatmaps_.empty() && figures > 0) text += fmt::format("without heatmaps: {}\n", no_heatmaps_);
    return text;
}

} // namespace mlvicx
