#pragma once

#include "datasets/importers/source_options.h"

namespace mlvicx {

/// Splits as `source.split` asks, except by the dataset's own lists, which only its importer knows: by a hash of the
/// patient, or by the user's lists. Called with ids, patients and (as far as known) file names, before the files are
/// looked for.
///
/// By lists: images in no list are left out of the dataset, counted and logged; without a list of validation images,
/// they are carved from the training images by patient. provenance["lists"] has file, images and digest of each list,
/// "sources" their SHA-256, "unlisted" what was left out, and "shared_patients" the patients in two splits if
/// `allow_shared_patients` let them pass. Throws UserError with count and examples for a listed image that is not in
/// the dataset (unless `allow_missing`), is listed twice or in two lists, and for patients in two splits.
void split_as_asked(DatasetIndex& index, const SourceOptions& source);

} // namespace mlvicx
