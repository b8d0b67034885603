#pragma once

#include "experiments/explain/needs.h"
#include "experiments/explain/rates.h"
#include "experiments/runner/jobs.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// Estimated seconds on one machine; nullopt where nothing like it was measured there or the number of images is
/// unknown.
struct PlanTime {
    std::vector<std::optional<double>> pretrain; ///< of one pre-training, per method of the plan; controls: nullopt
    std::optional<double> pretraining;           ///< of all jobs that are open
    std::optional<double> evaluation; ///< likewise, at most: trainings may stop early, and probes take seconds more
};

/// Pre-training takes its steps; an evaluation on features one pass of all images per set of features; one that trains
/// its steps, and the validation images once an epoch. `open`: which jobs are not done. The rates of the machine "here"
/// are named by the plan's labels, those of others by the methods' names.
PlanTime plan_time(const Plan& plan, const Jobs& jobs, const Needs& needs, const Rates& rates,
                   const RatedMachine& machine, const std::function<bool(const Job&)>& open);

/// "45 s", "3 h 05 min", "12 days"; "-" for nullopt.
std::string rough_duration(std::optional<double> seconds);

} // namespace mlvicx
