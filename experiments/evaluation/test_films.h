#pragma once

#include "datasets/prepared.h"
#include "results/store/store.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlvicx {

/// The test films `films` (positions in the dataset) with their ids and patients, for figures of `classes` (findings or
/// masks); the labels, [films, classes], are the caller's to fill in.
ScoredFilms unlabelled_test_films(const PreparedDataset& dataset, const std::vector<std::int64_t>& films,
                                  std::vector<std::string> classes);

} // namespace mlvicx
