#pragma once

#include "experiments/plan.h"
#include "experiments/plan_text.h"

#include <string>
#include <vector>

namespace mlvicx {

/// A path of a plan made absolute: variables replaced, relative to the folder of the file that wrote `key`
/// ("$.datasets.nih.root"). A variable that is not set is added to `unset`, and the path stays as it is; without
/// `unset` it is a UserError that names file, key and variable.
std::string resolved_path(const PlanText& plan, const std::string& path, const std::string& key,
                          std::vector<UnsetVariable>* unset);

} // namespace mlvicx
