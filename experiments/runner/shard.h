#pragma once

#include "experiments/runner/job_filter.h"
#include "experiments/runner/jobs.h"

#include <cstdint>
#include <string>

namespace mlvicx {

/// One of several parts of a plan's jobs, for machines that share no results file. Which part a job is in follows from
/// the hash of the encoder that it trains or evaluates, and from nothing else: a pre-training and all its evaluations
/// are in one part, and a job stays where it is when the plan grows.
struct Shard {
    std::int64_t index = 1, count = 1; ///< from 1 to count

    bool takes(const Job& job) const;
    bool whole() const { return count == 1; }
    /// "2/4"
    std::string text() const;
};

/// Reads "2/4": part 2 of 4. Throws UserError for anything else.
Shard shard_from(const std::string& text);

/// What `run` is to work on: the jobs that the filter takes, of one part.
struct JobChoice {
    JobFilter only{""};
    Shard shard = {};
    bool takes(const Job& job) const { return only.takes(job.key) && shard.takes(job); }
};

/// "shard 2/4: 50 of 200 jobs, with 3 of 12 encoders" of a plan's jobs.
std::string shard_text(const Shard& shard, const Jobs& jobs);

} // namespace mlvicx
