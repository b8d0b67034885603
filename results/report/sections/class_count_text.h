#pragma once

#include "results/report/table.h"
#include "results/statistics/grid.h"

#include <string>
#include <vector>

namespace mlvicx {

/// For each table of the grid whose classes include No Finding: the mean AUC over the findings alone, next to the mean
/// over all columns, with intervals. Figures that count 14 and 15 columns of NIH are not comparable. Empty without such
/// tables.
std::vector<Table> class_count_tables(Store& store, const std::vector<GridRow>& rows);

} // namespace mlvicx
