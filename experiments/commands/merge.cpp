#include "results/store/merge.h"
#include "core/error.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/runner/merged_artifacts.h"
#include "results/report/table.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <vector>

namespace mlvicx {

namespace {

struct MergeOptions {
    std::vector<std::filesystem::path> inputs;
    std::filesystem::path out;
    bool without_artifacts = false;
};

void merge(const MergeOptions& options) {
    std::optional<MergedArtifacts> artifacts;
    if (!options.without_artifacts) artifacts.emplace(options.out);
    const Merged merged = merge_results(options.inputs, options.out, [&](Store& store) {
        if (!artifacts) return;
        artifacts->collect(options.inputs, store);
        artifacts->place();
    });
    for (const auto& [file, jobs, done] : merged.inputs)
        fmt::print("{}: {} of {} jobs done\n", file.string(), done, jobs);
    fmt::print("{}: {}, {} of {} jobs done, {} failed, {} missing\n", options.out.string(),
               counted(merged.experiments, "experiment"), merged.done, merged.jobs, merged.failed,
               merged.jobs - merged.done - merged.failed);
    if (merged.done_twice > 0)
        fmt::print("{} done in several of the files, with the same figures\n", counted(merged.done_twice, "job"));
    if (artifacts)
        fmt::print("artifacts: {} with {:.1f} MB, {} of them hard links\n", counted(artifacts->files, "file"),
                   artifacts->bytes / 1e6, artifacts->linked);
    else
        fmt::print("artifacts are not copied\n");
}

} // namespace

void add_merge(CLI::App& app) {
    auto* command = app.add_subcommand("merge", "Join results files of several machines; different figures of one job "
                                                "are a conflict, and nothing is written");
    auto options = std::make_shared<MergeOptions>();
    command->add_option("RESULTS", options->inputs, "Results files (SQLite)")->required();
    command->add_option("--out", options->out, "Results file to write")->required()->type_name("FILE");
    command->add_flag("--without-artifacts", options->without_artifacts,
                      "Leave the files' encoders, prepared datasets, audits and checkpoints where they are");
    add_examples(*command, {"mlvicx-bench merge part-1.db part-2.db --out all.db"});
    command->callback([options] { merge(*options); });
}

} // namespace mlvicx
