#include "results/report/report.h"
#include "core/error.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/published_figures.h"
#include "results/report/card.h"
#include "results/report/class_table.h"
#include "results/report/encoders.h"
#include "results/report/health.h"
#include "results/report/leakage.h"
#include "results/report/page/report_page.h"
#include "results/report/sections/class_count_text.h"
#include "results/report/sections/grid_text.h"
#include "results/report/sections/localisation_text.h"
#include "results/report/sections/segmentation_text.h"
#include "results/report/sections/subgroups_text.h"
#include "results/report/subsets.h"
#include "results/report/table.h"
#include "results/verify/verify.h"

#include <fmt/ranges.h>

#include <cstdio>
#include <filesystem>
#include <memory>

namespace mlvicx {

namespace {

struct ReportOptions {
    std::string file, experiment, folder, prefix, published;
    bool all = false, card = false;

    std::vector<PublishedFigure> published_figures() const {
        return published.empty() ? std::vector<PublishedFigure>{} : read_published_figures(published);
    }
};

void print_part(const char* title, const std::string& text) {
    if (!text.empty()) fmt::print("\n{}\n{}", title, text);
}

void print_tables(Store& store, const ReportOptions& options, const ReportFigures& figures) {
    const auto& rows = figures.rows;
    const auto segmentation = segmentation_text(figures.segmentation);
    if (!rows.empty() || segmentation.empty()) fmt::print("{}", grid_text(rows));
    print_part("Above the random control", gap_text(rows));
    if (const auto counts = tables_text(class_count_tables(store, rows)); !counts.empty()) fmt::print("\n{}", counts);
    print_part("Label fractions with the same images", same_subsets_text(store, options.experiment));
    if (const auto classes = classes_text(rows); !classes.empty()) fmt::print("\n{}", classes);
    if (!segmentation.empty()) fmt::print("{}{}", rows.empty() ? "" : "\n", segmentation);
    print_part("Pre-training that is not healthy", health_text(store, options.experiment));
    print_part("Test images known before the test", leakage_text(store, options.experiment));
    print_part("Heatmaps against boxes", localisation_text(figures.boxes));
    print_part("Subgroups", subgroups_text(figures.subgroups));
    print_part("Encoders", encoders_text(store, options.experiment));
    if (!options.published.empty())
        print_part(fmt::format("Published figures ({})", options.published).c_str(), published_text(figures.published));
}

/// Prints the tables and writes them as files with a common prefix.
void print_report(Store& store, const ReportOptions& options) {
    const auto published = options.published_figures(); // complains before anything is printed
    auto figures = report_figures(store, options.experiment, grid(store, options.experiment, options.all), options.all);
    add_published(store, options.experiment, published, figures);
    print_tables(store, options, figures);
    std::filesystem::path prefix = options.prefix;
    if (prefix.empty()) prefix = std::filesystem::path(options.file).parent_path() / "report";
    const auto files = write_report(store, options.experiment, figures, prefix);
    fmt::print("\nWritten:");
    for (const auto& file : files) fmt::print(" {}", file.string());
    fmt::print("\n");
}

/// The path as a URL that a terminal or browser opens.
std::string file_url(const std::filesystem::path& file) {
    std::string url = "file://";
    for (const char c : std::filesystem::absolute(file).lexically_normal().string()) {
        const bool plain = std::string_view("/-._~").find(c) != std::string_view::npos || (c >= '0' && c <= '9') ||
                           (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        url += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
    return url;
}

void write_page(Store& store, const ReportOptions& options) {
    const auto written =
        write_report_folder(store, options.experiment, options.folder, options.all, options.published_figures());
    fmt::print("{}: {}, {}, {}", options.folder, counted(static_cast<std::int64_t>(written.sections), "section"),
               counted(static_cast<std::int64_t>(written.tables), "table"),
               counted(static_cast<std::int64_t>(written.plots), "plot"));
    if (written.pictures > 0) fmt::print(", {}", counted(static_cast<std::int64_t>(written.pictures), "picture"));
    fmt::print("\n");
    if (!written.no_plots.empty()) fmt::print("{}\n", written.no_plots);
    fmt::print("{}\n", file_url(written.page));
}

void report(const ReportOptions& options) {
    if (!options.folder.empty() && !options.prefix.empty())
        user_error("report: --out and --prefix exclude each other: a page in a folder, or tables with a prefix");
    if (!options.folder.empty()) require_report_folder(options.folder);
    Store store(options.file, true);
    const Transaction snapshot(store.db(), false);
    store.find_experiment(options.experiment); // complains before anything is printed
    if (options.card) return fmt::print("{}", card_text(store, options.experiment));
    require_figures(store, options.experiment);
    const auto names = store.experiment_names();
    const auto& name = options.experiment.empty() ? names.front() : options.experiment;
    fmt::print("{}\n\n", name);
    options.folder.empty() ? print_report(store, options) : write_page(store, options);
    if (options.experiment.empty() && names.size() > 1)
        fmt::print("\nThis is the experiment used last; --experiment selects one of: {}\n", fmt::join(names, ", "));
}

} // namespace

void add_report(CLI::App& app) {
    auto* command = app.add_subcommand(
        "report", "Print the tables of a results file and write them as Markdown and CSV, or write the whole report");
    auto options = std::make_shared<ReportOptions>();
    command->add_option("RESULTS", options->file, "Results file (SQLite)")->required();
    command->add_option("--experiment", options->experiment, "Name of the plan (default: the one used last)");
    command
        ->add_option("--out", options->folder,
                     "Write the report into this folder instead of printing it: index.html, a page that needs nothing "
                     "else; plots/ (SVG, PDF), tables/ (LaTeX, Markdown, CSV), data/ (CSV in full precision)")
        ->type_name("FOLDER");
    command
        ->add_option("--prefix", options->prefix,
                     "Without --out: writes PREFIX.md, PREFIX.csv and PREFIX-classes, -pairs and -seeds.csv; also "
                     "-curves.csv with trainings, -variance.csv with draws, -segmentation.csv with masks, "
                     "-localisation.csv with "
                     "scored heatmaps and "
                     "-subgroups.csv if sex, age or view are known (default: report, next to the results file)")
        ->type_name("PREFIX");
    command
        ->add_option("--published", options->published,
                     "CSV of published figures with their sources, to show next to these and to write as CSV")
        ->type_name("FILE");
    command->add_flag("--all", options->all, "Include evaluations whose pre-training collapsed or diverged");
    command->add_flag("--card", options->card,
                      "Print only how the figures were made, as text for a paper's appendix (Markdown)");
    add_examples(*command,
                 {"mlvicx-bench report nih.db", "mlvicx-bench report nih.db --out nih-report",
                  "mlvicx-bench report nih.db --prefix tables/nih --all", "mlvicx-bench report nih.db --card"});
    command->callback([options] { report(*options); });
}

} // namespace mlvicx
