#pragma once

#include "results/report/table.h"
#include "results/statistics/grid.h"
#include "results/statistics/pairs.h"

#include <string>
#include <vector>

namespace mlvicx {

/// For the terminal: Dice in its three conventions, in percent, a table for each dataset, protocol and fraction. Empty
/// without rows, as is the next one.
std::string segmentation_text(const std::vector<GridRow>& rows);
/// Dice and IoU, mask by mask, and pairs: tables, what their signs mean, and both as Markdown.
std::vector<Table> segmentation_tables(const std::vector<GridRow>& rows, const std::vector<MethodPair>& pairs);
std::string segmentation_legend(const std::vector<Table>& tables);
std::string segmentation_markdown(const std::vector<GridRow>& rows, const std::vector<MethodPair>& pairs);

} // namespace mlvicx
