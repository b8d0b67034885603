#include "core/progress.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/commands/roots.h"
#include "experiments/plan.h"
#include "experiments/runner/job_filter.h"
#include "experiments/runner/present_inputs.h"
#include "experiments/shipped_plans.h"
#include "experiments/slurm_script.h"

#include <cstdio>
#include <memory>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

struct SlurmOptions {
    SlurmScript script;
    std::string plan, out, only;
};

void print_script(SlurmOptions options, const std::vector<std::string>& roots) {
    SlurmScript& script = options.script;
    check_slurm_time(script.time);
    const JobFilter checked(options.only);
    const Plan plan = read_plan(plan_file(options.plan), roots_from(roots));
    std::error_code unknown;
    script.program = fs::read_symlink("/proc/self/exe", unknown);
    if (unknown) script.program = "mlvicx-bench";
    script.name = plan.name;
    script.plan = fs::absolute(plan.file);
    script.folder = fs::absolute(options.out.empty() ? plan.name : options.out).lexically_normal();
    for (const auto& [name, folder] : roots_from(roots))
        script.arguments.insert(script.arguments.end(), {"--root", name + "=" + fs::absolute(folder).string()});
    if (!options.only.empty()) script.arguments.insert(script.arguments.end(), {"--only", options.only});
    for (const auto& name : used_datasets(plan))
        if (plan.dataset(name).prepared.empty())
            say("each of the {} parts prepares dataset {} for itself; to do it once, name a prepared file in the plan",
                script.shards, name);
    std::fputs(slurm_script(script).c_str(), stdout);
}

} // namespace

void add_slurm(CLI::App& app) {
    auto* command = app.add_subcommand("slurm", "Print a script that runs a plan on a cluster with Slurm: an array of "
                                                "parts, then a job that merges them");
    auto options = std::make_shared<SlurmOptions>();
    auto& script = options->script;
    command->add_option("PLAN", options->plan, "Plan file (JSON), or the name of a plan that comes with the program")
        ->required();
    command
        ->add_option("--time", script.time,
                     "Time limit of a task, as Slurm takes it; a task that needs more queues "
                     "again")
        ->required()
        ->type_name("TIME");
    command->add_option("--shards", script.shards, "Parts of the plan, and tasks of the array")
        ->check(whole_number(1, 10'000))
        ->capture_default_str();
    command->add_option("--gpus", script.gpus, "GPUs of a task; a task uses one")
        ->check(whole_number(0, 64))
        ->capture_default_str();
    command->add_option("--cpus", script.cpus, "CPUs of a task")->check(whole_number(1, 4096));
    command->add_option("--memory", script.memory, "Memory of a task, as Slurm takes it: 32G")->type_name("SIZE");
    command->add_option("--partition", script.partition, "Partition")->type_name("NAME");
    command
        ->add_option("--out", options->out,
                     "Folder for results, logs and report, on a disk that all nodes see "
                     "(default: named after the plan)")
        ->type_name("FOLDER");
    command
        ->add_option("--only", options->only,
                     "Run only some jobs, by kind, method, dataset, protocol, fraction, seed, draw")
        ->type_name("KEY=VALUE,...");
    const auto roots = add_roots(*command);
    group_options(*command, "Task", {"--time", "--gpus", "--cpus", "--memory", "--partition"});
    add_examples(*command, {"mlvicx-bench slurm demo --gpus 1 --time 12:00:00 > sweep.sh",
                            "mlvicx-bench slurm demo --gpus 0 --cpus 8 --time 1-00 --shards 8 --out out/sweep"});
    command->callback([options, roots] { print_script(*options, *roots); });
}

} // namespace mlvicx
