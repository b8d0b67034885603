#pragma once

#include "results/statistics/grid.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlvicx {

/// Fewer positive (or negative) test images than this say little about a class, and make intervals too short.
inline constexpr std::int64_t few_images = 10;

/// What `evaluate` prints: a row for each class with the number of test images, AUC with interval, and the other
/// classification_metrics; classes of few_images marked; 80 columns where names are short.
std::string evaluation_text(const JobResult& result);

/// For the terminal, of each row at its largest fraction with a finished evaluation: AUC of each class, a column for
/// each method, and the other metrics' means over classes, a row for each method. Blocks of columns where they would
/// pass 80.
std::string classes_text(const std::vector<GridRow>& rows);
/// The same as Markdown, with intervals.
std::string classes_markdown(const std::vector<GridRow>& rows);

} // namespace mlvicx
