#pragma once

#include "results/report/table.h"
#include "results/statistics/grid.h"

#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// The fractions of these rows, in the order of a table's columns.
std::set<double, FractionOrder> fractions_of(std::span<const GridRow> rows);
/// The row's cell at this fraction; nullptr if it has none.
const GridCell* cell_at(const GridRow& row, double fraction);
/// Of the rows of one dataset and protocol: a line for each row, a column for each fraction.
Table grid_table(std::span<const GridRow> rows);
/// What the signs in such tables mean, a sentence for each one used.
std::vector<std::string> grid_legend(const std::vector<Table>& tables);

/// AUC in percent, mean ± standard deviation over seeds, or over seeds and draws; a table for each dataset and
/// protocol, a column for each fraction; signs explained if used. For the terminal and as Markdown.
std::string grid_text(const std::vector<GridRow>& rows);
std::string grid_markdown(const std::vector<GridRow>& rows);
/// "mlvicx - random = +3.1 points" per method at the largest fraction, under the plan's first protocol of each dataset:
/// printed whether the gap is positive or negative.
std::string gap_text(const std::vector<GridRow>& rows);

/// "+3.1 (+1.9 to +4.4)": the difference of two cells in points, or why there is none. nullptr: not in the plan.
std::string gap_entry(const GridCell* method, const GridCell* control);

/// "72.0 (70.1–74.2) ± 2.0": metric index `metric` of a cell that should have `planned` evaluations, or why there is
/// none; signs that need an explanation are added to `signs`.
std::string entry_text(const GridCell& cell, std::size_t metric, std::int64_t planned, Signs& signs);

} // namespace mlvicx
