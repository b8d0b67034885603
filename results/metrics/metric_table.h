#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

/// One metric of an evaluation: its value for each class (or mask), and their mean.
struct MetricTable {
    struct Class {
        std::string name;
        std::optional<double> value;
        std::int64_t positives = 0, negatives = 0; ///< images with and without the class (mask, box)
    };
    std::string metric; ///< its name in the results file: "auc", "dice", "pointing_game", ...
    std::vector<Class> classes;
    std::optional<double> mean; ///< unweighted, over the defined classes; nullopt if none is
    std::int64_t defined = 0;   ///< number of defined classes
};

/// With the mean over the defined classes.
MetricTable metric_table(std::string metric, std::vector<MetricTable::Class> classes);

/// The table of this metric; nullptr if there is none.
const MetricTable* find_metric(std::span<const MetricTable> tables, std::string_view metric);

/// Column `column` of a table [rows, columns], row by row.
template <typename T> std::vector<T> column_of(std::span<const T> table, std::size_t column, std::size_t columns) {
    std::vector<T> values;
    for (std::size_t i = column; i < table.size(); i += columns) values.push_back(table[i]);
    return values;
}

} // namespace mlvicx
