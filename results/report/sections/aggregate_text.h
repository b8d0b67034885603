#pragma once

#include "results/report/table.h"
#include "results/statistics/grid.h"

#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// Over all tasks (dataset, protocol, fraction) that every method has: interquartile mean of the test AUC over tasks
/// and seeds, and the probability of improvement over the control, with intervals over seeds. nullopt if no task has
/// two seeds, because there would be no interval. A seed's AUC is the mean over its draws.
std::optional<Table> aggregates_table(const std::vector<GridRow>& rows);
/// The same as Markdown; empty without a table.
std::string aggregates_markdown(const std::vector<GridRow>& rows);

} // namespace mlvicx
