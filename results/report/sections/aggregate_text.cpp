#include "results/report/sections/aggregate_text.h"

#include "core/error.h"
#include "results/report/text.h"
#include "results/statistics/aggregate.h"
#include "results/statistics/intervals.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace mlvicx {

namespace {

/// The AUCs of every seed, by method and task.
using Cell = std::tuple<std::string, std::string, double>;
std::map<std::string, std::map<Cell, std::vector<double>>> seeds_of(const std::vector<GridRow>& rows,
                                                                    std::vector<std::string>& methods) {
    std::map<std::string, std::map<Cell, std::vector<double>>> seeds;
    for (const auto& row : rows) {
        order_of(methods, row.method);
        for (const auto& cell : row.cells)
            if (!cell.runs.empty()) seeds[row.method][{row.dataset, row.protocol, cell.fraction}] = seed_means(cell);
    }
    return seeds;
}

} // namespace

std::optional<Table> aggregates_table(const std::vector<GridRow>& all_rows) {
    const auto rows = compared_rows(all_rows);
    std::vector<std::string> methods;
    auto seeds = seeds_of(rows, methods);
    std::map<std::string, Runs> runs;
    std::size_t tasks = 0, values = 0;
    for (const auto& [task, unused] : seeds[methods.empty() ? "" : methods.front()]) {
        if (std::any_of(methods.begin(), methods.end(), [&](const auto& m) { return !seeds[m].contains(task); }))
            continue;
        ++tasks;
        for (const auto& method : methods) {
            runs[method].push_back(seeds[method][task]);
            values = std::max(values, runs[method].back().size());
        }
    }
    if (values < 2) return std::nullopt;
    const auto found = std::find_if(rows.begin(), rows.end(), [](const GridRow& row) { return row.control; });
    const std::string control = found == rows.end() ? "" : found->method;
    Table table;
    table.caption = fmt::format(
        "Over the {} task{} (dataset, protocol, fraction) that every method has, with up to n = {} seeds each: "
        "interquartile mean of the test AUC in percent{}. Intervals (95 %) are over seeds: training again, the same "
        "test images.",
        tasks, tasks == 1 ? "" : "s", values,
        control.empty() ? "" : ", and the probability of improvement over " + control);
    table.columns = {{"interquartile mean", ""}};
    if (!control.empty()) table.columns.push_back({"better than " + control, ""});
    const auto shown = [](const Estimate& estimate) {
        const std::string value = fmt::format("{:.1f}", 100 * estimate.value);
        return estimate.interval ? value + " (" + interval_text(*estimate.interval) + ")" : value;
    };
    for (const auto& method : methods) {
        table.lines.push_back({method, {shown(interquartile_mean(runs[method], report_resamples))}});
        if (!control.empty())
            table.lines.back().entries.push_back(
                method == control
                    ? ""
                    : shown(probability_of_improvement(runs[method], runs[control], report_resamples)) + " %");
    }
    return table;
}

std::string aggregates_markdown(const std::vector<GridRow>& rows) {
    const auto table = aggregates_table(rows);
    return table ? table_markdown(*table) : "";
}

} // namespace mlvicx
