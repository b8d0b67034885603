#pragma once

#include "datasets/import.h"
#include "datasets/prepared.h"

#include <string>

namespace mlvicx {

/// What a prepared dataset keeps of its image and mask files, so that a later change is noticed: `files`, their number;
/// `digest`, SHA-256 over (image id, file name, bytes, modification time in ns) in the order of the index; `some`,
/// three of the paths. It is provenance and no part of the fingerprint: files that are touched are the same dataset.
json::object record_of_files(const DatasetIndex& index);

/// How the sources of a prepared dataset differ from what it was prepared from, as the clause of a sentence ("m.csv
/// changed"); empty where they do not. Tables are compared by their SHA-256, images and masks by record_of_files (by
/// nothing where an older version prepared the dataset). Sources that are not there any more have not changed.
/// `options`: what the dataset was imported with. Throws UserError where sources are there and cannot be imported now.
std::string changed_sources(const PreparedDataset& prepared, const ImportOptions& options, unsigned threads = 0);

/// As changed_sources, of the tables alone, looked for where the prepared dataset says that they were.
std::string changed_tables(const PreparedDataset& prepared);

} // namespace mlvicx
