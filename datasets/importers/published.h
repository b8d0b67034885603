#pragma once

#include "datasets/index.h"

#include <string>
#include <vector>

namespace mlvicx {

/// Pixels of a side of all images of NIH, RSNA and SIIM as published, in which their boxes and codes are given.
inline constexpr int published_side = 1024;

/// A number that the publishers of a dataset give, beside what its tables hold.
struct PublishedCount {
    std::string what; ///< "images", "positive images"
    std::size_t expected = 0, found = 0;
};

/// Compares with the published numbers, of which the first is the images', and records the outcome as one sentence each
/// in provenance["published"]. A mismatch is also said aloud: it is no error, for publishers change their files. Tables
/// with fewer than nine tenths of the images are taken for a part of the dataset and not compared, and neither are
/// synthetic ones in the dataset's layout.
void compare_with_published(DatasetIndex& index, const std::vector<PublishedCount>& counts);

/// Images with the label, and patients.
std::size_t positives(const DatasetIndex& index, std::size_t label);
std::size_t patients(const DatasetIndex& index);

} // namespace mlvicx
