#include "results/report/status.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"

#include <cstdio>
#include <memory>

namespace mlvicx {

void add_status(CLI::App& app) {
    auto* command = app.add_subcommand("status", "Show what is done, running, failed and missing in a results file");
    auto file = std::make_shared<std::string>();
    command->add_option("RESULTS", *file, "Results file (SQLite)")->required();
    add_examples(*command, {"mlvicx-bench status nih.db"});
    command->callback([file] {
        Store store(*file, true);
        std::fputs(status_text(store).c_str(), stdout);
    });
}

} // namespace mlvicx
