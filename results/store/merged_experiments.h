#pragma once

#include "results/store/sqlite.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlvicx {

/// A plan's registration for a merged file.
struct MergedExperiment {
    std::size_t input = 0; ///< that it is copied from: the index of a file
    std::int64_t id = 0;   ///< in that file
    std::string created, used;
    std::int64_t turn = 0; ///< from 1, by last use
};

/// The registrations of several results files: one for each name and plan, by last use. Throws UserError if a plan has
/// other jobs in one file than in another, and says what differs: two files with other images, or another precision.
std::vector<MergedExperiment> merged_experiments(const std::vector<Sqlite*>& inputs);

} // namespace mlvicx
