#include "results/compare/compare.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

namespace mlvicx {

namespace {

struct CompareOptions {
    std::string a, b, experiment, other;
    double margin = 0;
};

void compare_command(const CompareOptions& options) {
    Store a(options.a, true);
    // A process may open a file only once.
    const bool same_file = std::filesystem::exists(options.b) && std::filesystem::equivalent(options.a, options.b);
    std::optional<Store> second;
    if (!same_file) second.emplace(options.b, true);
    Store& b = same_file ? a : *second;
    const Transaction snapshot_a(a.db(), false);
    std::optional<Transaction> snapshot_b;
    if (!same_file) snapshot_b.emplace(b.db(), false);
    const auto& other = options.other.empty() ? options.experiment : options.other;
    const auto comparison = compare_results({a, options.experiment}, {b, other}, options.margin / 100);
    fmt::print("A: {}\nB: {}\n{}", options.a, options.b, comparison_text(comparison));
    if (comparison.worse()) throw CheckFailed();
}

} // namespace

void add_compare(CLI::App& app) {
    auto* command = app.add_subcommand(
        "compare", "Compare two results files: settings, versions, data and figures; exit status 3 if B is worse");
    auto options = std::make_shared<CompareOptions>();
    command->add_option("A", options->a, "Results file (SQLite)")->required();
    command->add_option("B", options->b, "Results file that is compared with A")->required();
    command->add_option("--experiment", options->experiment, "Name of the plan (default: the one used last)");
    command->add_option("--experiment-b", options->other, "Name of the plan in B (default: as in A)");
    command
        ->add_option("--margin", options->margin,
                     "Points that a figure may differ by and still count as the same: chance of other seeds")
        ->check(real_number(between(0, 100)))
        ->capture_default_str();
    add_examples(*command,
                 {"mlvicx-bench compare before.db after.db", "mlvicx-bench compare before.db after.db --margin 1"});
    command->callback([options] { compare_command(*options); });
}

} // namespace mlvicx
