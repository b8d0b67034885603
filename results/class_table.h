#pragma once

#include "results/report.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// The figures that every class has, in the order of ClassRow::values, under their names in the results file.
inline constexpr std::array<const char*, 5> class_metrics = {"auc", "average_precision",
                                                             "sensitivity_at_90_specificity", "brier", "ece"};

/// Fewer positive (or negative) test images than this say little about a class, and make intervals too short.
inline constexpr std::int64_t few_images = 10;

struct ClassRow {
    std::string name; ///< empty: the mean over the defined classes
    std::int64_t positives = 0, negatives = 0;
    std::array<std::optional<double>, class_metrics.size()> values; ///< in 0..1
    std::optional<Interval> auc_interval;
};

/// One method under one protocol on one dataset at one fraction: means over its evaluations.
struct ClassTable {
    std::string dataset, protocol, method;
    double fraction = 0;
    std::int64_t evaluations = 0;
    ClassRow mean;
    std::vector<ClassRow> classes;
};

/// Of one evaluation, before it is stored; with intervals where it has scores.
ClassTable class_table(const CellResult& result);

/// Of every row of a grid, at its largest fraction with a finished evaluation.
std::vector<ClassTable> class_tables(Store& store, const std::vector<GridRow>& rows);

/// What `evaluate` prints: a row for each class with the number of test images, AUC with interval, average precision,
/// sensitivity, Brier score and calibration error; classes of few_images marked; 80 columns where names are short.
std::string evaluation_text(const CellResult& result);

/// For the terminal: AUC of each class, a column for each method, and the other figures' means over classes, a row for
/// each method. Blocks of columns where they would pass 80.
std::string classes_text(const std::vector<ClassTable>& tables);
/// The same as Markdown, with intervals.
std::string classes_markdown(const std::vector<ClassTable>& tables);

} // namespace mlvicx
