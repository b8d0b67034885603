#include "results/report/sections/class_count_text.h"

#include "results/metrics/no_finding.h"
#include "results/statistics/intervals.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace mlvicx {

namespace {

bool counts_no_finding(const GridCell& cell) {
    return cell.classes.size() > 1 && std::any_of(cell.classes.begin(), cell.classes.end(),
                                                  [](const ClassFigures& c) { return c.name == no_finding; });
}

std::string shown(double value, const std::optional<Interval>& interval) {
    return fmt::format("{:.1f}{}", 100 * value, interval ? " (" + interval_text(*interval) + ")" : "");
}

/// The mean over the defined classes except No Finding, as text.
std::string mean_over_findings(Store& store, std::map<std::int64_t, TestSet>& sets, const GridCell& cell) {
    double sum = 0, defined = 0;
    for (const auto& c : cell.classes)
        if (c.name != no_finding && c.values.front()) {
            sum += *c.values.front();
            ++defined;
        }
    if (defined == 0) return "-";
    if (cell.image_set == 0) return shown(sum / defined, {});
    if (!sets.contains(cell.image_set)) sets.emplace(cell.image_set, TestSet(store.image_set(cell.image_set)));
    const TestSet& set = sets.at(cell.image_set);
    std::vector<Replicates> means;
    for (const auto& run : cell.runs) {
        const auto of_class = auc_replicates(set.resamples, store.scores(run.hash, set.images), set.images.labels,
                                             set.images.classes.size());
        std::vector<Replicates> findings;
        for (std::size_t c = 0; c < cell.classes.size(); ++c)
            if (cell.classes[c].name != no_finding && cell.classes[c].values.front()) findings.push_back(of_class[c]);
        means.push_back(mean_of(findings));
    }
    return shown(sum / defined, percentile_interval(mean_of(means)));
}

Table table_of(Store& store, std::map<std::int64_t, TestSet>& sets, std::span<const GridRow> rows) {
    std::map<double, std::size_t, FractionOrder> columns; // first of the two columns of a label fraction
    std::size_t classes = 0;
    for (const auto& row : rows)
        for (const auto& cell : row.cells)
            if (counts_no_finding(cell)) {
                columns.emplace(cell.fraction, 0);
                classes = std::max(classes, cell.classes.size());
            }
    Table table;
    table.title = rows.front().title() + ": means over " + fmt::format("{} and {} columns", classes - 1, classes);
    table.caption = fmt::format("test AUC in percent (95 % interval over patients); {} is the mean over the findings, "
                                "{} counts {} as a class too, as CoBooM does",
                                classes - 1, classes, no_finding);
    for (auto& [fraction, place] : columns) {
        place = table.columns.size();
        for (const std::size_t over : {classes - 1, classes})
            table.columns.push_back({fmt::format("{}: over {}", fraction_label(fraction), over), ""});
    }
    for (const auto& row : rows) {
        table.lines.push_back({row.method, std::vector<std::string>(table.columns.size())});
        for (const auto& cell : row.cells) {
            if (!counts_no_finding(cell)) continue;
            const std::size_t place = columns.at(cell.fraction);
            const std::string marks = cell.stamps.empty() ? "" : " " + marks_of(cell.stamps);
            table.lines.back().entries[place] = mean_over_findings(store, sets, cell) + marks;
            table.lines.back().entries[place + 1] = shown(cell.main().value.mean, cell.main().interval) + marks;
        }
    }
    return table;
}

} // namespace

std::vector<Table> class_count_tables(Store& store, const std::vector<GridRow>& rows) {
    std::map<std::int64_t, TestSet> sets;
    std::vector<Table> tables;
    for_each_table(rows, [&](std::span<const GridRow> table) {
        const bool any = std::any_of(table.begin(), table.end(), [](const GridRow& row) {
            return std::any_of(row.cells.begin(), row.cells.end(), counts_no_finding);
        });
        if (!any) return;
        for (auto& part : divided(table_of(store, sets, table), 0, 80)) tables.push_back(std::move(part));
    });
    return tables;
}

} // namespace mlvicx
