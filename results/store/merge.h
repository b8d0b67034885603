#pragma once

#include "results/store/store.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// What a merge found.
struct Merged {
    struct Input {
        std::filesystem::path file;
        std::int64_t jobs = 0, done = 0;
    };
    std::vector<Input> inputs; ///< as given
    std::int64_t experiments = 0, jobs = 0, done = 0, failed = 0;
    std::int64_t done_twice = 0; ///< jobs that are done in several inputs, with equal figures
};

/// Writes all jobs and experiments of several results files, of any schema, to a new one. A job is known by its hash
/// and kept once: done before failed before missing, and of equals the one with more content (results/store/copy.h),
/// then the one that finished first. The order of the inputs does not matter. `complete` gets the merged file before it
/// appears as `target`.
///
/// Throws UserError, and leaves nothing, if `target` exists; if two inputs are one file; if two inputs store different
/// values for a finished job (more than times, rates, machine and versions), or different jobs for one experiment with
/// the same plan.
Merged merge_results(std::span<const std::filesystem::path> inputs, const std::filesystem::path& target,
                     const std::function<void(Store&)>& complete = {});

} // namespace mlvicx
