#pragma once

#include "results/report/table.h"
#include "results/statistics/grid.h"
#include "results/statistics/variance.h"

#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// Over the seeds of a cell whose draws are complete. nullopt with fewer than two such seeds or fewer than two draws.
std::optional<VarianceComponents> variance_components(const GridCell& cell);

/// What variance_tables show, in a paragraph.
extern const char* const variance_about;
/// A table for each dataset and protocol, as standard deviations in points. Empty if nothing has several draws.
std::vector<Table> variance_tables(const std::vector<GridRow>& rows);
/// The same as Markdown. Empty if nothing has several draws.
std::string variance_markdown(const std::vector<GridRow>& rows);
/// One line per (dataset, protocol, method, fraction) with variance_components, AUC in 0..1. Empty without any.
std::string variance_csv(const std::vector<GridRow>& rows);

} // namespace mlvicx
