#include "results/verify/verify.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/runner/artifacts.h"

#include <cstdio>
#include <memory>

namespace mlvicx {

namespace {

void verify_command(const std::string& file) {
    Store store(file, true);
    const Verification found = verify(store, Artifacts(file).root / "encoders");
    fmt::print("{}\n\n{}\n", file, verification_text(found));
    if (found.clean()) {
        fmt::print("Everything that was checked agrees.\n");
        return;
    }
    fmt::print("{} differences.\n", found.findings().size());
    throw CheckFailed();
}

} // namespace

void add_verify(CLI::App& app) {
    auto* command = app.add_subcommand(
        "verify", "Recompute a results file's figures from its scores, and check its hashes; exit status 3 if anything "
                  "differs");
    auto file = std::make_shared<std::string>();
    command->add_option("RESULTS", *file, "Results file (SQLite); encoders are looked for in RESULTS.artifacts")
        ->required();
    add_examples(*command, {"mlvicx-bench verify nih.db"});
    command->callback([file] { verify_command(*file); });
}

} // namespace mlvicx
