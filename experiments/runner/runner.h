#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace mlvicx {

struct AuditOptions {
    bool allow_leakage = false; ///< continues if test images of a dataset are in its training or validation split
    bool none = false;          ///< like `audit: false` in a plan: no audit
};

class World;

struct RunOptions {
    std::filesystem::path plan;
    std::filesystem::path results = "results.db";
    std::string device;                       ///< empty: the plan's
    std::string only;                         ///< see JobFilter
    std::string shard;                        ///< "2/4": see Shard; empty: all jobs
    std::map<std::string, std::string> roots; ///< dataset name to folder
    bool dry_run = false;                     ///< lists the jobs and their states; writes nothing
    bool retry_failed = false;                ///< retries jobs that failed before
    AuditOptions audit;
    std::filesystem::path tensorboard; ///< folder for the curves of trainings; empty: none
    double save_every = 60;            ///< least seconds of work between checkpoints, except in pre-training (Saving)
    bool trust_prepared = false;       ///< uses prepared datasets whatever happened to their sources
    World* world = nullptr;            ///< ranks that pre-train together; rank 0 does everything else
};

/// Runs the missing jobs of a plan: prepares datasets, pre-trains, evaluates, records, and prints the table. Safe to
/// kill at any moment, and to run in several processes at once on one results file; a second run continues where the
/// first stopped. A job that fails is recorded and the others go on; at the end a UserError (or InternalError if one of
/// the failures is a bug) lists the failures. A mistake in the plan as a whole is a UserError before anything is
/// trained. Throws Interrupted after a signal, with the checkpoint written and the claim released.
void run_plan(const RunOptions& options);

} // namespace mlvicx
