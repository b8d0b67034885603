#pragma once

#include "results/statistics/grid.h"

#include <string>
#include <vector>

namespace mlvicx {

/// Over all tasks (dataset, protocol, fraction) that every method has: interquartile mean of the test AUC over tasks
/// and seeds, and the probability of improvement over the control, with intervals over seeds. Empty if no task has two
/// seeds, because there would be no interval. A seed's AUC is the mean over its draws.
std::string aggregates_markdown(const std::vector<GridRow>& rows);

} // namespace mlvicx
