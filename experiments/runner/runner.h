#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace mlvicx {

struct AuditOptions {
    bool allow_leakage = false; ///< goes on where test images of a dataset are in its training or validation
    bool none = false;          ///< as `audit: false` in a plan: nothing is looked for
};

struct RunOptions {
    std::filesystem::path plan;
    std::filesystem::path results = "results.db";
    std::string device = "auto";
    std::string only;                         ///< see JobFilter
    std::map<std::string, std::string> roots; ///< dataset name to folder
    bool dry_run = false;                     ///< lists the jobs and their states; writes nothing
    bool retry_failed = false;                ///< jobs that failed before are tried again
    AuditOptions audit;
    bool trust_prepared = false; ///< prepared datasets are taken as they are, whatever happened to their sources
};

/// Runs what is missing of a plan: prepares datasets, pre-trains, evaluates, records, and prints the grid. Safe to kill
/// at any moment and to run in several processes at once on one results file; running it again goes on where it
/// stopped. A job that fails is recorded and the others go on; then, at the end, a UserError (or InternalError where
/// one of the failures is ours) lists the failures. A mistake in the plan as a whole is a UserError before anything is
/// trained. Throws Interrupted after a signal, with checkpoint written and claim released.
void run_plan(const RunOptions& options);

} // namespace mlvicx
