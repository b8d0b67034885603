#pragma once

#include "datasets/subset_lists.h"
#include "experiments/plan_evaluation.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

/// The label subsets that an evaluation imports for a dataset, by label fraction or count, and draw; empty if it draws
/// them. Lists are the same for each of `draws`; label fractions with the same images are logged. `where` begins errors
/// about the options. Throws UserError as import_subsets and import_subset_lists do.
std::map<std::pair<double, std::int64_t>, ImportedSubset> imported_subsets(const PlanEvaluation& options,
                                                                           const PreparedDataset& dataset,
                                                                           const std::vector<std::int64_t>& draws,
                                                                           const std::string& where);

} // namespace mlvicx
