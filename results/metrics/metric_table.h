#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

/// One figure of an evaluation: its value of each class (or mask), and their mean.
struct MetricTable {
    struct Class {
        std::string name;
        std::optional<double> value;
        std::int64_t positives = 0, negatives = 0; ///< images that have the class (mask, box), and that have not
    };
    std::string metric; ///< its name in the results file: "auc", "dice", "pointing_game", ...
    std::vector<Class> classes;
    std::optional<double> mean; ///< unweighted, over the defined classes; nullopt where none is
    std::int64_t defined = 0;   ///< how many classes are
};

/// With the mean over the defined classes.
MetricTable metric_table(std::string metric, std::vector<MetricTable::Class> classes);

/// The table of this metric; nullptr where there is none.
const MetricTable* find_metric(std::span<const MetricTable> tables, std::string_view metric);

/// Column number `column` of a table [rows, columns], row by row.
template <typename T> std::vector<T> column_of(std::span<const T> table, std::size_t column, std::size_t columns) {
    std::vector<T> values;
    for (std::size_t i = column; i < table.size(); i += columns) values.push_back(table[i]);
    return values;
}

} // namespace mlvicx
