#pragma once

#include "results/store.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlvicx {

/// Names of the experiments, the one used last first.
std::vector<std::string> experiment_names(Store& store);
/// The registration used last under this name (empty: of all). Throws UserError where there is none.
std::int64_t find_experiment(Store& store, const std::string& name);

} // namespace mlvicx
