#pragma once

#include "datasets/split.h"

#include <filesystem>

namespace mlvicx {

/// A user's own dataset: one CSV with a header. Column `path` (relative to the CSV, or to `root`); optional `id`,
/// `patient`, `split` and `mask` (or `mask_NAME`, several) columns; label columns 1 / 0 / -1 or empty (unknown).
/// Without `id` the path is the id, without `patient` each film is its own patient. A `split` column that names no
/// validation film has validation carved from its training patients.
struct ManifestOptions {
    std::filesystem::path file;
    std::vector<std::string> labels; ///< label columns; empty: every other column that holds numbers only
    SplitOptions split;              ///< used where there is no `split` column; kind "official" needs the column
    bool allow_missing = false;
    std::filesystem::path root; ///< where paths begin; empty: the CSV's folder
};

/// Throws UserError naming the file, the row and the column; a patient in two splits; missing images (count and names).
DatasetIndex read_manifest(const ManifestOptions& options);

} // namespace mlvicx
