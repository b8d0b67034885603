#pragma once

#include "datasets/index.h"

#include <string>
#include <vector>

namespace mlvicx {

/// Side in pixels of all images of NIH, RSNA and SIIM as published; their boxes and codes are in these pixels.
inline constexpr int published_side = 1024;

/// A count published with a dataset, next to the count found in its tables.
struct PublishedCount {
    std::string what; ///< "images", "positive images"
    std::size_t expected = 0, found = 0;
};

/// Compares with the published counts (the first is the number of images) and records the outcomes in
/// provenance["published"], one sentence each. A mismatch is also logged; it is not an error, because publishers change
/// their files. Tables with fewer than nine tenths of the images are assumed to be a part of the dataset and not
/// compared, nor are synthetic ones in the dataset's layout.
void compare_with_published(DatasetIndex& index, const std::vector<PublishedCount>& counts);

/// Number of images with the label, and of patients.
std::size_t positives(const DatasetIndex& index, std::size_t label);
std::size_t patients(const DatasetIndex& index);

} // namespace mlvicx
