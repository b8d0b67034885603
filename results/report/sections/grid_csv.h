#pragma once

#include "results/report/csv.h"
#include "results/statistics/grid.h"

#include <string>
#include <vector>

namespace mlvicx {

/// One line per (dataset, protocol, method, fraction), full precision, AUC in 0..1, empty if there is no value.
std::string grid_csv(const std::vector<GridRow>& rows);
/// One line per (dataset, protocol, method, fraction, class): mean AUC over seeds with its interval.
std::string classes_csv(const std::vector<GridRow>& rows);
/// One line per (dataset, protocol, method, fraction, metric, mask); the mask is empty in the line of the mean over
/// masks.
std::string segmentation_csv(const std::vector<GridRow>& rows);

/// The columns dataset, protocol, method, fraction of a line that has a `row` and a `fraction()`.
template <typename Line> CsvColumns<Line> place_columns() {
    return {{"dataset", [](const Line& line) { return line.row.dataset; }},
            {"protocol", [](const Line& line) { return line.row.protocol; }},
            {"method", [](const Line& line) { return line.row.method; }},
            {"fraction", [](const Line& line) { return line.fraction(); }}};
}

/// The last column of a line that has `stamps()`: their names.
template <typename Line> CsvColumns<Line> stamp_column() {
    return {{"stamps", [](const Line& line) { return stamp_names(line.stamps()); }}};
}

} // namespace mlvicx
