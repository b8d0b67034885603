#pragma once

#include "datasets/audit/perceptual_hash.h"
#include "datasets/split.h"

#include <span>

namespace mlvicx {

/// Throws UserError if the index's split was not made by split_by_patient with these options but is the dataset's own:
/// keeping copies together would then mean moving images out of the published split.
void require_split_by_patient(const DatasetIndex& index, const SplitOptions& split);

/// Treats patients who share an image as one patient for the split, in place: all their images go where
/// split_by_patient puts the patient with the smallest id. Both identical images and modified copies count
/// (search_duplicates on `sketches` of the prepared pixels, one per image). Logs and returns what was joined: {"pairs"
/// of copies, "patients" that were joined, "into" how many, "moved" images}.
json::object keep_copies_together(DatasetIndex& index, std::span<const ImageSketch> sketches, const SplitOptions& split,
                                  unsigned threads = 0);

} // namespace mlvicx
