#pragma once

#include "results/report/table.h"
#include "results/store/store.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

/// Datasets as the finished jobs of an experiment (its id) were evaluated: fingerprint, test images, and how many of
/// them each class or mask has.
std::vector<Table> dataset_tables(Store& store, std::int64_t experiment);

/// How the finished jobs were made, as names and values: versions, commits, devices, hosts, seeds, time.
std::vector<std::pair<std::string, std::string>> making(Store& store, std::int64_t experiment);

} // namespace mlvicx
