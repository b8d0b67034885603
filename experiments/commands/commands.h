#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace mlvicx {

/// Thrown by a command that checks, after its report, if the check found something; main exits with status 3.
class CheckFailed {};

// One function and one file per subcommand of mlvicx-bench. It adds the subcommand to `app` with its options and its
// callback. Callbacks throw UserError, InternalError or Interrupted, which main turns into exit statuses 2, 1 and 130.
void add_doctor(CLI::App& app);
void add_phantom(CLI::App& app);
void add_prepare(CLI::App& app);
void add_inspect(CLI::App& app);
void add_audit(CLI::App& app);
void add_subsets(CLI::App& app);
void add_views(CLI::App& app);
void add_pretrain(CLI::App& app);
void add_evaluate(CLI::App& app);
void add_heatmaps(CLI::App& app);
void add_predict(CLI::App& app);
void add_export(CLI::App& app);
void add_plan(CLI::App& app);
void add_run(CLI::App& app);
void add_slurm(CLI::App& app);
void add_merge(CLI::App& app);
void add_status(CLI::App& app);
void add_clean(CLI::App& app);
void add_report(CLI::App& app);
void add_verify(CLI::App& app);
void add_compare(CLI::App& app);
void add_bench(CLI::App& app);
void add_completion(CLI::App& app);

} // namespace mlvicx
