#pragma once

#include "experiments/plan.h"
#include "experiments/plan_text.h"

namespace mlvicx {

/// Throws UserError unless the lists of a plan that was read from `text` name datasets and protocols that there are,
/// each once, and its label fractions are possible and have their lists of images. The message begins with the file
/// that has the key.
void check_lists(const Plan& plan, const PlanText& text);

} // namespace mlvicx
