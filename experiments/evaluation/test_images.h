#pragma once

#include "datasets/prepared.h"
#include "results/store/store.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlvicx {

/// The test images `images` (indices into the dataset) with their ids, patients and attributes, for
/// metrics of `classes` (findings
/// or masks); the caller fills in the labels, [images, classes].
ScoredImages unlabelled_test_images(const PreparedDataset& dataset, const std::vector<std::int64_t>& images,
                                    std::vector<std::string> classes);

} // namespace mlvicx
