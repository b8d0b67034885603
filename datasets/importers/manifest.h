#pragma once

#include "datasets/importers/source_options.h"

namespace mlvicx {

struct ManifestOptions {
    std::string file;
    std::vector<std::string> labels; ///< label columns; empty: every other column that holds only labels
    std::string patient_column;      ///< empty: found by name
};
/// Keys: manifest, labels, patient_column.
void fields(Fields& f, ManifestOptions& options);

/// Reads a user's own dataset: one CSV with a header. Column `path` (relative to the CSV, or to `root`); optional `id`,
/// `patient` (or another common name for it), `split` and `mask` (or `mask_NAME`, several) columns; label columns
/// (words of label_word; blank: unknown), and columns of sex, age and view under their common names. Without `id` the
/// path is the id. Without a patient column the patient is the folder patientNNNNN (CheXpert) or pNNNNNNNN (MIMIC-CXR)
/// if every path has one, else each image is its own patient; either is logged. If the `split` column names no
/// validation image, validation is carved from its training patients. What was taken from which column is recorded in
/// provenance["patients"], ["splits"], ["label_words"] and
/// ["columns_left_out"]. Paths are relative to `source.root` or, if it is empty, to the CSV's folder; split options
/// apply if there is no `split` column, which kind "official" requires. Throws UserError naming the file, the row and
/// the column, also for a patient in two splits, a patient number spelled in two ways, and missing images and masks
/// (count, names and one path that was tried).
DatasetIndex read_manifest(const SourceOptions& source, const ManifestOptions& options);

} // namespace mlvicx
