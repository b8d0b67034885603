#include "results/report/page/sections.h"
#include "results/report/sections/grid_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace mlvicx {

namespace {

/// Sorts the lines by the last column in which any has a number, the highest first; others keep their order.
void order_by_last(PageTable& table) {
    auto& lines = table.table.lines;
    const auto value = [&](std::size_t line, std::size_t column) {
        const auto& entry = lines[line].entries[column];
        char* end = nullptr;
        const double number = std::strtod(entry.c_str(), &end);
        return end == entry.c_str() ? -1.0 : number;
    };
    std::size_t column = table.table.columns.size();
    const auto any = [&](std::size_t c) {
        for (std::size_t l = 0; l < lines.size(); ++l)
            if (value(l, c) >= 0) return true;
        return false;
    };
    while (column > 0 && !any(column - 1)) --column;
    if (column == 0) return;
    std::vector<std::size_t> order(lines.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return value(a, column - 1) > value(b, column - 1); });
    const auto old = table;
    for (std::size_t l = 0; l < order.size(); ++l) {
        lines[l] = old.table.lines[order[l]];
        table.marks[l] = old.marks[order[l]];
    }
    table.table.caption += fmt::format("; ordered by {}", table.table.columns[column - 1].label);
}

PageTable leaderboard(const ReportContext& context, std::span<const GridRow> rows) {
    PageTable table{grid_table(rows)};
    const auto set = fractions_of(rows);
    const std::vector<double> fractions(set.begin(), set.end());
    auto& marks = table.all_marks();
    for (std::size_t l = 0; l < rows.size(); ++l)
        for (std::size_t c = 0; c < fractions.size(); ++c)
            if (const auto* cell = cell_at(rows[l], fractions[c]); cell != nullptr && !cell->runs.empty())
                marks[l][c].link = context.provenance.at(cell);
    mark_best(table, [&](std::size_t best, std::size_t other, std::size_t c) {
        return context.paired_p(rows.front(), fractions[c], rows[best].method, rows[other].method);
    });
    order_by_last(table);
    return table;
}

} // namespace

Section leaderboard_section(const ReportContext& context) {
    Section section("leaderboard", "Leaderboard");
    std::vector<Table> plain;
    for_each_table(context.figures.rows, [&](std::span<const GridRow> rows) {
        section.tables.push_back(leaderboard(context, rows));
        plain.push_back(section.tables.back().table);
    });
    if (section.tables.empty()) return section;
    section.text.emplace_back("Test AUC by label fraction, one table for each dataset and protocol. Each figure links "
                              "to the jobs that it comes from.");
    section.legend = legend_of_marks(section.tables);
    for (auto& line : grid_legend(plain)) section.legend.push_back(std::move(line));
    return section;
}

Section controls_section(const ReportContext& context) {
    Section section("controls", "Controls");
    for_each_table(context.figures.rows, [&](std::span<const GridRow> rows) {
        const auto set = fractions_of(rows);
        for (const auto& control : rows) {
            if (!control.control) continue;
            Table table;
            table.title = fmt::format("{}, above {}", rows.front().title(), control.method);
            table.caption = fmt::format("difference of the mean test AUC to {} in points (95 % interval of the paired "
                                        "bootstrap over patients)",
                                        control.method);
            for (const double fraction : set) table.columns.push_back({fraction_label(fraction), ""});
            for (const auto& row : rows) {
                if (&row == &control) continue;
                table.lines.push_back({row.method, {}});
                for (const double fraction : set)
                    table.lines.back().entries.push_back(gap_entry(cell_at(row, fraction), cell_at(control, fraction)));
            }
            if (!table.lines.empty()) section.tables.emplace_back(std::move(table));
        }
    });
    if (!section.tables.empty())
        section.text.emplace_back(
            "What pre-training adds to a control. An interval that contains 0 does not tell the two apart.");
    return section;
}

} // namespace mlvicx
