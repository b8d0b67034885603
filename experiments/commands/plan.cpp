#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/commands/roots.h"
#include "experiments/explain/explain.h"
#include "experiments/shipped_plans.h"
#include "methods/device/device.h"

#include <cstdio>
#include <memory>

namespace mlvicx {

void add_plan(CLI::App& app) {
    auto* command = app.add_subcommand("plan", "Explain a plan: its jobs, files, disk, memory and time");
    auto options = std::make_shared<ExplainOptions>();
    command->add_option("PLAN", options->plan, "Plan file (JSON), or the name of a plan that comes with the program")
        ->required();
    command->add_option("--results", options->results, "Results file (SQLite), to tell what is done already")
        ->type_name("FILE");
    const auto roots = add_roots(*command);
    auto* measure = command->add_flag("--measure", options->measure,
                                      "Train the plan's methods here for some seconds, to estimate its time");
    command->add_option("--measure-seconds", options->measure_seconds, "Seconds of --measure, for all methods together")
        ->needs(measure)
        ->check(real_number(between(0.1, 3600)))
        ->capture_default_str();
    command->add_option("--device", options->device,
                        "auto (a GPU if there is one), cpu, cuda or cuda:INDEX (default: the plan's, or auto)");
    group_options(*command, "Machine", {"--device", "--measure", "--measure-seconds"});
    add_examples(*command,
                 {"mlvicx-bench plan low_data", "mlvicx-bench plan low_data --root nih=/data/nih --results nih.db"});
    command->callback([options, roots] {
        options->plan = plan_file(options->plan);
        options->roots = roots_from(*roots);
        use_all_threads();
        std::fputs(explain_plan(*options).c_str(), stdout);
    });
}

} // namespace mlvicx
