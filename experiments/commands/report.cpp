#include "results/report/report.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "results/report/card.h"
#include "results/report/class_table.h"
#include "results/report/encoders.h"
#include "results/report/health.h"
#include "results/report/leakage.h"
#include "results/report/sections/grid_text.h"
#include "results/report/sections/localisation_text.h"
#include "results/report/sections/segmentation_text.h"
#include "results/verify/verify.h"

#include <fmt/ranges.h>

#include <cstdio>
#include <filesystem>
#include <memory>

namespace mlvicx {

namespace {

struct ReportOptions {
    std::string file, experiment, prefix;
    bool all = false, card = false;
};

void report(const ReportOptions& options) {
    Store store(options.file, true);
    const Transaction snapshot(store.db(), false);
    if (options.card) return fmt::print("{}", card_text(store, options.experiment));
    require_figures(store, options.experiment);
    const auto rows = grid(store, options.experiment, options.all);
    const auto names = store.experiment_names();
    const auto& name = options.experiment.empty() ? names.front() : options.experiment;
    const auto segmentation = segmentation_text(grid(store, options.experiment, options.all, Task::segmentation));
    fmt::print("{}\n\n{}", name, rows.empty() && !segmentation.empty() ? "" : grid_text(rows));
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
    if (options.experiment.empty() && names.size() > 1)
        fmt::print("\nThis is the experiment used last; --experiment selects one of: {}\n", fmt::join(names, ", "));
    std::filesystem::path prefix = options.prefix;
    if (prefix.empty()) prefix = std::filesystem::path(options.file).parent_path() / "report";
    const auto files = write_report(store, options.experiment, rows, prefix, options.all);
    fmt::print("\nWritten:");
    for (const auto& file : files) fmt::print(" {}", file.string());
    fmt::print("\n");
}

} // namespace

void add_report(CLI::App& app) {
    auto* command =
        app.add_subcommand("report", "Print the tables of a results file, and write them as Markdown and CSV");
    auto options = std::make_shared<ReportOptions>();
    command->add_option("RESULTS", options->file, "Results file (SQLite)")->required();
    command->add_option("--experiment", options->experiment, "Name of the plan (default: the one used last)");
    command
        ->add_option("--out", options->prefix,
                     "Writes PREFIX.md, PREFIX.csv and PREFIX-classes, -pairs and -seeds.csv; also -variance.csv "
                     "with draws, -segmentation.csv with masks and -localisation.csv with scored heatmaps "
                     "(default: report, next to the results file)")
        ->type_name("PREFIX");
    command->add_flag("--all", options->all, "Include evaluations whose pre-training collapsed or diverged");
    command->add_flag("--card", options->card,
                      "Print only how the figures were made, as text for a paper's appendix (Markdown)");
    add_examples(*command, {"mlvicx-bench report nih.db", "mlvicx-bench report nih.db --card",
                            "mlvicx-bench report nih.db --out tables/nih --all"});
    command->callback([options] { report(*options); });
}

} // namespace mlvicx
