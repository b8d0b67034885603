#pragma once

#include "results/store/store.h"

#include <filesystem>
#include <string>
#include <vector>

namespace mlvicx {

/// A file of a results file's artifacts that no job needs any more.
struct Unneeded {
    std::filesystem::path file;
    std::string reason; ///< "its job is done", ...
    double bytes = 0;
};

/// Features that no unfinished evaluation reads, with their checkpoints; checkpoints and curves of jobs that are done
/// or not in the file; and what dead processes of this machine left half-written; sorted by name. Encoders, prepared
/// datasets and audits are never among them. A failed job counts as finished, as for `run`: its features are computed
/// again.
std::vector<Unneeded> unneeded_artifacts(Store& store, const std::filesystem::path& results);

} // namespace mlvicx
