#pragma once

#include "datasets/prepared.h"
#include "results/store/store.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlvicx {

/// The test images `images` (positions in the dataset) with their ids and patients, for figures of `classes` (findings
/// or masks); the labels, [images, classes], are the caller's to fill in.
ScoredImages unlabelled_test_images(const PreparedDataset& dataset, const std::vector<std::int64_t>& images,
                                    std::vector<std::string> classes);

} // namespace mlvicx
