#include "results/store/merge.h"
#include "core/error.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/runner/merged_artifacts.h"
#include "results/report/job_words.h"
#include "results/report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mlvicx {

namespace {

struct MergeOptions {
    std::vector<std::filesystem::path> inputs;
    std::filesystem::path out;
    bool without_artifacts = false;
};

/// The jobs that are not done, each with why, first those that failed.
std::string unfinished_text(Store& store) {
    constexpr std::size_t shown = 20;
    std::vector<std::string> failed, missing;
    std::set<std::string> seen; // plans share jobs
    const auto protocols = store.protocols();
    for (const auto& experiment : store.experiment_names())
        for (const auto& [key, weights] : store.jobs_of(experiment)) {
            const JobState state = store.state(key.hash);
            if (state == JobState::done || !seen.insert(key.hash).second) continue;
            if (state == JobState::failed)
                failed.push_back(fmt::format("failed: {}: {}", job_words(key, protocols), store.error_of(key.hash)));
            else
                missing.push_back(fmt::format("missing: {}", job_words(key, protocols)));
        }
    std::string text;
    for (const auto* lines : {&failed, &missing}) {
        for (std::size_t i = 0; i < std::min(shown, lines->size()); ++i) text += "  " + (*lines)[i] + "\n";
        if (lines->size() > shown) text += fmt::format("  and {} more\n", lines->size() - shown);
    }
    return text;
}

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
    if (merged.done < merged.jobs) {
        Store store(options.out, true);
        fmt::print("{}", unfinished_text(store));
    }
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
