#pragma once

#include "results/report/watch.h"
#include "results/store/store.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// A job of an experiment as someone who follows it wants to know it.
struct WatchedJob {
    std::string words, hash, kind, protocol, state, owner, weights, error;
    bool alive = false;      ///< running, and its process is not known to be gone
    double elapsed = 0;      ///< seconds, of a running job
    std::int64_t epochs = 0; ///< of a pre-training, by its configuration; 0: unknown
    std::string started_at, finished_at;
    double seconds = 0;
    std::optional<double> figure; ///< mean test AUC or Dice
};

/// The experiment's jobs, in its order.
std::vector<WatchedJob> watched_jobs(Store& store, std::int64_t experiment);

struct JobCounts {
    std::int64_t done = 0, running = 0, failed = 0, missing = 0;
    std::int64_t blocked = 0; ///< missing, because their pre-training failed
    bool ended() const { return running == 0 && missing == blocked; }
};
JobCounts counts_of(const std::vector<WatchedJob>& jobs);

/// Its entry in `live` if it has finished an epoch; else nullptr.
const LiveTraining* live_of(const WatchedJob& job, const std::map<std::string, LiveTraining>& live);

/// Seconds until a running pre-training ends, by its epochs so far; nullopt: unknown.
std::optional<double> left_by_epochs(const WatchedJob& job, const LiveTraining* training);

/// The time until all jobs are done, with as many processes as work now, from finished jobs of the same kind and the
/// epochs of running ones.
struct TimeLeft {
    double seconds = 0;
    bool complete = true; ///< false: it lacks jobs of which no time is known
};
TimeLeft time_left(Store& store, const std::vector<WatchedJob>& jobs, const std::map<std::string, LiveTraining>& live);

} // namespace mlvicx
