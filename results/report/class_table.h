#pragma once

#include "results/report/table.h"
#include "results/statistics/grid.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlvicx {

/// With fewer positive (or negative) test images than this, a class's figures are unreliable and its interval too
/// short.
inline constexpr std::int64_t few_images = 10;

/// What `evaluate` prints: a row for each class with the number of test images, AUC with interval, and the other
/// classification_metrics; classes with fewer than few_images marked; 80 columns if names are short.
std::string evaluation_text(const JobResult& result);

/// For each dataset and protocol, each row at its largest fraction with a finished evaluation: the AUC of each class
/// (columns: positive and negative test images, then the methods), and the other metrics' means over classes.
struct ClassTables {
    Table aucs, means;
};
std::vector<ClassTables> class_tables(const std::vector<GridRow>& rows);
/// What the marks and headings in them mean.
std::string class_legend(const std::vector<GridRow>& rows);

/// For the terminal, each row at its largest fraction with a finished evaluation: AUC of each class, a column for each
/// method, and the other metrics' means over classes, a row for each method. Tables wider than 80 columns are split
/// into blocks of columns.
std::string classes_text(const std::vector<GridRow>& rows);
/// The same as Markdown, with intervals.
std::string classes_markdown(const std::vector<GridRow>& rows);

} // namespace mlvicx
