#pragma once

#include "results/statistics/bootstrap.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace mlvicx {

// Figures over many tasks with few seeds each: Agarwal et al., "Deep reinforcement learning at the edge of the
// statistical precipice", NeurIPS 2021; same values as its library rliable.

/// One figure for each run of each task: [tasks][runs]; tasks may have different numbers of runs, at least one.
using Runs = std::vector<std::vector<double>>;

/// Mean of the middle half of all runs of all tasks: n / 4 (rounded down) are left out at either end.
double interquartile_mean(const Runs& runs);

/// Mean over tasks of the probability that a run of `a` beats one of `b`, ties half. Both must have the same tasks.
double probability_of_improvement(const Runs& a, const Runs& b);

struct Estimate {
    double value = 0;
    std::optional<Interval> interval; ///< over seeds; nullopt if no task has two runs
};

/// The same with a stratified bootstrap: in each of `count` resamples the runs of every task are drawn again with
/// replacement, separately for each task and each method, from Random(seed, Purpose::bootstrap, 1, resample).
Estimate interquartile_mean(const Runs& runs, std::size_t count, std::uint64_t seed = 0);
Estimate probability_of_improvement(const Runs& a, const Runs& b, std::size_t count, std::uint64_t seed = 0);

} // namespace mlvicx
