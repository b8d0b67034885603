#pragma once

#include "results/report/sections/published_text.h"

#include <filesystem>
#include <vector>

namespace mlvicx {

/// Reads a table of published figures (experiments/plans/published/published.csv documents its columns by example).
/// Throws UserError naming file, row and column for a missing column, a figure without a source, a value that is not in
/// 0..100, an unknown metric, and a figure that is not comparable without a reason.
std::vector<PublishedFigure> read_published_figures(const std::filesystem::path& file);

} // namespace mlvicx
