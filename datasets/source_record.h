#pragma once

#include "datasets/import.h"
#include "datasets/prepared.h"

#include <string>

namespace mlvicx {

/// What a prepared dataset records about its image and mask files, so that a later change is noticed: `files`, their
/// number; `digest`, SHA-256 over (image id, file name, bytes, modification time in ns) in the order of the index;
/// `some`, three of the paths. It is provenance and not part of the fingerprint: touching a file does not change the
/// dataset.
json::object record_of_files(const DatasetIndex& index);

/// How the sources of a prepared dataset differ from what it was prepared from, as a clause ("m.csv changed"); empty if
/// they do not. Tables are compared by their SHA-256, images and masks by record_of_files (not compared if an older
/// version prepared the dataset). Sources that no longer exist count as unchanged. `options`: those that the dataset
/// was imported with. Throws UserError if sources exist but can no longer be imported.
std::string changed_sources(const PreparedDataset& prepared, const ImportOptions& options, unsigned threads = 0);

/// Like changed_sources, but for the tables only, at the paths recorded in the prepared dataset.
std::string changed_tables(const PreparedDataset& prepared);

} // namespace mlvicx
