#pragma once

#include "results/store/store.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// What a pre-training that is running has recorded so far.
struct LiveTraining {
    std::map<std::string, std::vector<double>> curves; ///< "loss", "probe_auc", ...: values of the epochs that have one
    std::int64_t epochs = 0;                           ///< finished
    double seconds_per_epoch = 0;                      ///< recently; 0: unknown
    std::optional<double> images_per_second() const;   ///< in the last epoch
};

struct Watched {
    std::string text;   ///< at most 80 columns, if names are short
    bool ended = false; ///< every job is done, has failed, or waits for a pre-training that failed
};

/// A look at the experiment used last: jobs by state with the time left, from finished jobs of the same kind and the
/// epochs of running ones; the running jobs with who works on them, how fast, and the curves of `live` (by job hash);
/// the jobs that finished last with their result; failures; pre-trainings that are not healthy.
Watched watch_text(Store& store, const std::map<std::string, LiveTraining>& live);

/// The hashes of the pre-trainings that are running.
std::vector<std::string> running_trainings(Store& store);

} // namespace mlvicx
