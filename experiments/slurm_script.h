#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mlvicx {

/// A plan's run on a cluster with Slurm.
struct SlurmScript {
    std::string name; ///< of the jobs
    std::filesystem::path program, plan, folder;
    std::vector<std::string> arguments;          ///< further ones of `run`
    std::int64_t shards = 4, gpus = 1, cpus = 0; ///< the last two of each task; 0: not asked for
    std::string time, memory, partition;         ///< as Slurm writes them; empty: not asked for
};

/// Checks a time limit as sbatch takes it: "90" (minutes), "12:00:00", "2-12", "2-12:30", ... Throws UserError if it is
/// another text, or not longer than the two minutes that a task gets for its checkpoint.
void check_slurm_time(const std::string& text);

/// The Bash script that submits itself: an array with a task for each shard, which saves a checkpoint and queues again
/// when its time is up, then a job that merges the parts and writes the report.
std::string slurm_script(const SlurmScript& script);

} // namespace mlvicx
