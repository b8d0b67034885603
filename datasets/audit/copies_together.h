#pragma once

#include "datasets/audit/perceptual_hash.h"
#include "datasets/split.h"

#include <span>

namespace mlvicx {

/// Throws UserError where the index's split is not split_by_patient's with these options, but the dataset's own: copies
/// could be kept together only by moving images out of the split that was published.
void require_split_by_patient(const DatasetIndex& index, const SplitOptions& split);

/// Makes patients who share an image one patient for the split, in place: all images of such patients go where
/// split_by_patient puts the patient of the least id. Identical images and changed copies count (search_duplicates, on
/// `sketches` of the prepared pixels, one an image). Says and returns what was joined: {"pairs" of copies, "patients"
/// that were joined, "into" so many, "moved" images}.
json::object keep_copies_together(DatasetIndex& index, std::span<const ImageSketch> sketches, const SplitOptions& split,
                                  unsigned threads = 0);

} // namespace mlvicx
