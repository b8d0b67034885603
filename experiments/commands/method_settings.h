#pragma once

#include "core/json.h"
#include "experiments/plan.h"

#include <string>

namespace mlvicx {

/// The method of this name as a command trains it: defaults, then its recipe, then `settings`, which are those of
/// `--set` with what dedicated options add. Throws UserError for an unknown or wrong key.
PlanMethod method_with(const std::string& name, const std::string& encoder, json::object settings);

} // namespace mlvicx
