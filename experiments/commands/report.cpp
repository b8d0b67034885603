#include "results/report/report.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "results/report/class_table.h"
#include "results/report/encoders.h"
#include "results/report/health.h"
#include "results/report/leakage.h"
#include "results/report/page/report_page.h"
#include "results/report/sections/grid_text.h"
#include "results/report/sections/localisation_text.h"
#include "results/report/sections/segmentation_text.h"
#include "results/report/table.h"

#include "core/error.h"

#include <fmt/ranges.h>

#include <cstdio>
#include <filesystem>
#include <memory>

namespace mlvicx {

namespace {

struct ReportOptions {
    std::string file, experiment, folder, prefix;
    bool all = false;
};

void print_tables(Store& store, const ReportOptions& options, const std::vector<GridRow>& rows) {
    const auto segmentation = segmentation_text(grid(store, options.experiment, options.all, Task::segmentation));
    if (!rows.empty() || segmentation.empty()) fmt::print("{}", grid_text(rows));
    if (const auto gaps = gap_text(rows); !gaps.empty()) fmt::print("\nAbove the random control\n{}", gaps);
    if (const auto classes = classes_text(rows); !classes.empty()) fmt::print("\n{}", classes);
    if (!segmentation.empty()) fmt::print("{}{}", rows.empty() ? "" : "\n", segmentation);
    if (const auto health = health_text(store, options.experiment); !health.empty())
        fmt::print("\nPre-training that is not healthy\n{}", health);
    if (const auto leakage = leakage_text(store, options.experiment); !leakage.empty())
        fmt::print("\nTest images known before the test\n{}", leakage);
    if (const auto boxes = localisation_text(localisation(store, rows)); !boxes.empty())
        fmt::print("\nHeatmaps against boxes\n{}", boxes);
    if (const auto encoders = encoders_text(store, options.experiment); !encoders.empty())
        fmt::print("\nEncoders\n{}", encoders);
}

/// Prints the tables and writes them as files with a common prefix.
void print_report(Store& store, const ReportOptions& options) {
    const auto rows = grid(store, options.experiment, options.all);
    print_tables(store, options, rows);
    std::filesystem::path prefix = options.prefix;
    if (prefix.empty()) prefix = std::filesystem::path(options.file).parent_path() / "report";
    const auto files = write_report(store, options.experiment, rows, prefix, options.all);
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
    const auto written = write_report_folder(store, options.experiment, options.folder, options.all);
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
        ->add_option(
            "--prefix", options->prefix,
            "Without --out: writes PREFIX.md, PREFIX.csv and PREFIX-classes, -pairs and -seeds.csv; also "
            "-variance.csv with draws, -segmentation.csv with masks and -localisation.csv with scored heatmaps "
            "(default: report, next to the results file)")
        ->type_name("PREFIX");
    command->add_flag("--all", options->all, "Include evaluations whose pre-training collapsed or diverged");
    add_examples(*command, {"mlvicx-bench report nih.db", "mlvicx-bench report nih.db --out nih-report",
                            "mlvicx-bench report nih.db --prefix tables/nih --all"});
    command->callback([options] { report(*options); });
}

} // namespace mlvicx
