#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/commands/device_workers.h"
#include "experiments/commands/ranks.h"
#include "experiments/commands/roots.h"
#include "experiments/plan.h"
#include "experiments/runner/runner.h"
#include "experiments/shipped_plans.h"
#include "methods/device/device.h"

#include <memory>

namespace mlvicx {

void add_run(CLI::App& app) {
    auto* command = app.add_subcommand("run", "Run the missing jobs of a plan, and print the table");
    auto options = std::make_shared<RunOptions>();
    command->add_option("PLAN", options->plan, "Plan file (JSON), or the name of a plan that comes with the program")
        ->required();
    command->add_option("--results", options->results, "Results file (SQLite)")
        ->capture_default_str()
        ->type_name("FILE");
    auto devices = std::make_shared<std::string>();
    auto* device =
        command->add_option("--device", options->device,
                            "auto (a GPU if there is one), cpu, cuda or cuda:INDEX (default: the plan's, or auto)");
    command
        ->add_option("--only", options->only,
                     "Run only some jobs, by kind, method, dataset, protocol, fraction, seed, draw")
        ->type_name("KEY=VALUE,...");
    command
        ->add_option("--shard", options->shard,
                     "Run one of N parts of the jobs, from 1 to N, on a machine with a results file of its own; merge "
                     "joins the files")
        ->type_name("I/N");
    const auto roots = add_roots(*command);
    command
        ->add_option("--tensorboard", options->tensorboard,
                     "Folder for the curves of trainings as TensorBoard reads them, one run per job")
        ->type_name("FOLDER");
    auto* dry = command->add_flag("--dry-run", options->dry_run, "List the jobs and their states; change nothing");
    command
        ->add_option("--devices", *devices,
                     "Run in one process for each of these devices, which share the jobs and the cores: 0,1 are GPUs")
        ->excludes(device)
        ->excludes(dry)
        ->type_name("LIST");
    command->add_flag("--retry-failed", options->retry_failed, "Retry jobs that failed before");
    auto* allow = command->add_flag("--allow-leakage", options->audit.allow_leakage,
                                    "Run even if test images are also in training; every result says so");
    command
        ->add_flag("--no-audit", options->audit.none,
                   "Do not look for copies of test images in the training data; every result says so")
        ->excludes(allow);
    command
        ->add_option("--save-every", options->save_every,
                     "Least seconds of work between two checkpoints of fine-tuning, segmentation or features; "
                     "pre-training has checkpoint_every in the plan")
        ->check(real_number(at_least(0)))
        ->capture_default_str()
        ->type_name("SECONDS");
    command->add_flag("--trust-prepared", options->trust_prepared,
                      "Use prepared datasets even if their sources have changed");
    const auto ranks = add_rank_options(*command);
    group_options(*command, "Machine", {"--device", "--devices", "--ranks"});
    add_examples(*command,
                 {"mlvicx-bench run demo --results out/demo/results.db --dry-run",
                  "mlvicx-bench run low_data --root nih=/data/nih --results nih.db",
                  "mlvicx-bench run demo --only method=mlvicx,protocol=frozen",
                  "mlvicx-bench run demo --devices cpu,cpu", "mlvicx-bench run demo --shard 1/2 --results part-1.db",
                  "mlvicx-bench run demo --shard 2/2 --results part-2.db"});
    command->callback([options, roots, devices, ranks] {
        options->plan = plan_file(options->plan);
        options->roots = roots_from(*roots);
        if (!devices->empty() && ranks->ranks.empty()) {
            const auto names = devices_from(*devices);
            read_plan(options->plan, options->roots); // a mistake is said once
            return run_on_devices(names);
        }
        ranks->devices = *devices;
        const RankPart part = take_part(*ranks);
        if (part.parent) return;
        options->world = part.world.get();
        if (!part.device.empty()) options->device = part.device;
        use_all_threads();
        run_plan(*options);
    });
}

} // namespace mlvicx
