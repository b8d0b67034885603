#pragma once

#include "results/store/store.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace mlvicx {

/// What a copy may lack: a name, the tables that it leaves empty, and what a reader of the copy loses.
struct LeftOut {
    const char* name;
    std::vector<std::string> tables;
    const char* loss;
};
const std::vector<LeftOut>& left_out_by_name();
/// The tables of all of them: kinds of content (results/store/digests.h) that a copy may lack.
std::vector<std::string> kinds_left_out_by_copies();

struct CopyOptions {
    std::string experiment;           ///< only this one and its jobs; empty: everything
    std::vector<std::string> without; ///< names of left_out_by_name
};

/// What was copied, and how many jobs lost something.
struct Copied {
    std::int64_t experiments = 0, jobs = 0, done = 0;
    std::map<std::string, std::int64_t> jobs_without; ///< by the name of what was left out
};

/// Writes the file to `target` as one file to hand on: without write-ahead log and free pages, no job claimed by a
/// process. A finished job keeps everything that is not left out, with its digests, so that reports on the copy show
/// the same figures. Works while others write to the source; `target` appears when it is complete. Throws UserError if
/// `target` exists or cannot be written, and for an unknown experiment.
Copied copy_results(Store& source, const std::filesystem::path& target, const CopyOptions& options = {});

} // namespace mlvicx
