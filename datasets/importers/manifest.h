#pragma once

#include "datasets/importers/source_options.h"

namespace mlvicx {

struct ManifestOptions {
    std::string file;
    std::vector<std::string> labels; ///< label columns; empty: every other column that holds labels only
    std::string patient_column;      ///< empty: by name
};
/// Keys: manifest, labels, patient_column.
void fields(Fields& f, ManifestOptions& options);

/// Reads a user's own dataset: one CSV with a header. Column `path` (relative to the CSV, or to `root`); optional `id`,
/// `patient` (or a usual name of it), `split` and `mask` (or `mask_NAME`, several) columns; label columns (words of
/// label_word; blank: unknown). Without `id` the path is the id. Without a patient column the patient is the folder
/// patientNNNNN (CheXpert) or pNNNNNNNN (MIMIC-CXR) where every path has one, else each image is its own patient;
/// either is said. A `split` column that names no validation image has validation carved from its training patients.
/// What was taken from which column stands in provenance["patients"], ["splits"], ["label_words"] and
/// ["columns_left_out"]. Paths begin at `source.root`, where it is empty at the CSV's folder; split options count where
/// there is no `split` column, which kind "official" needs. Throws UserError naming the file, the row and the column; a
/// patient in two splits; a patient whose number is spelled in two ways; missing images and masks (count, names and one
/// path that was tried).
DatasetIndex read_manifest(const SourceOptions& source, const ManifestOptions& options);

} // namespace mlvicx
