#include "results/metrics/metric_table.h"

#include <algorithm>

namespace mlvicx {

MetricTable metric_table(std::string metric, std::vector<MetricTable::Class> classes) {
    MetricTable table{std::move(metric), std::move(classes), {}, 0};
    double sum = 0;
    for (const auto& c : table.classes)
        if (c.value) {
            sum += *c.value;
            ++table.defined;
        }
    if (table.defined > 0) table.mean = sum / static_cast<double>(table.defined);
    return table;
}

const MetricTable* find_metric(std::span<const MetricTable> tables, std::string_view metric) {
    const auto found =
        std::find_if(tables.begin(), tables.end(), [&](const MetricTable& table) { return table.metric == metric; });
    return found == tables.end() ? nullptr : &*found;
}

} // namespace mlvicx
