#include "core/error.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/runner/unneeded.h"
#include "results/report/table.h"

#include <fmt/format.h>

#include <memory>

namespace mlvicx {

namespace {

struct CleanOptions {
    std::filesystem::path results;
    bool yes = false;
};

void clean(const CleanOptions& options) {
    Store store(options.results, true);
    const auto found = unneeded_artifacts(store, options.results);
    double bytes = 0;
    for (const auto& item : found) {
        bytes += item.bytes;
        fmt::print("{:>10.1f} MB  {}\n               {}\n", item.bytes / 1e6, item.file.string(), item.reason);
    }
    if (found.empty()) {
        fmt::print("{}: every artifact is needed, nothing to remove\n", options.results.string());
        return;
    }
    const auto all = fmt::format("{}, {:.1f} MB", counted(std::ssize(found), "file"), bytes / 1e6);
    if (!options.yes) {
        fmt::print("{}: nothing is removed without --yes\n", all);
        return;
    }
    for (const auto& item : found) {
        std::error_code error;
        std::filesystem::remove(item.file, error);
        if (error) user_error("{}: cannot be removed: {}", item.file.string(), error.message());
    }
    fmt::print("removed {}\n", all);
}

} // namespace

void add_clean(CLI::App& app) {
    auto* command = app.add_subcommand("clean", "List the artifacts of a results file that no job needs any more, and "
                                                "with --yes remove them; encoders and prepared datasets stay");
    auto options = std::make_shared<CleanOptions>();
    command->add_option("RESULTS", options->results, "Results file (SQLite)")->required();
    command->add_flag("--yes", options->yes, "Remove them");
    add_examples(*command, {"mlvicx-bench clean nih.db", "mlvicx-bench clean nih.db --yes"});
    command->callback([options] { clean(*options); });
}

} // namespace mlvicx
