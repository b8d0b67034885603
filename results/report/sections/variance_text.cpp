#include "results/report/sections/variance_text.h"

#include "results/report/sections/grid_csv.h"
#include "results/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace mlvicx {

namespace {

bool has_several_draws(const GridRow& row) {
    return std::any_of(row.cells.begin(), row.cells.end(), [](const GridCell& cell) { return cell.draws > 1; });
}

std::string points(double variance) {
    return fmt::format("{:.2f}", 100 * std::sqrt(variance));
}

/// A component as a standard deviation; marked if it was cut.
std::string component(double variance, double uncut) {
    return uncut < 0 ? "0 *" : points(variance);
}

Table::Line line_of(const GridRow& row, const GridCell& cell) {
    Table::Line line{row.method, {fraction_label(cell.fraction), "too few pairs are finished", "", "", "", "", ""}};
    if (const auto components = variance_components(cell))
        line.entries = {line.entries.front(),
                        fmt::format("{:.1f}", 100 * components->mean),
                        component(components->seeds, components->seeds_uncut),
                        component(components->draws, components->draws_uncut),
                        points(components->rest),
                        points(components->of_mean),
                        fmt::format("{} x {}", components->n_seeds, components->n_draws)};
    return line;
}

/// A line of the CSV.
struct Line {
    const GridRow& row;
    const GridCell& cell;
    VarianceComponents found;
    double fraction() const { return cell.fraction; }
    const Stamps& stamps() const { return cell.stamps; }
};

template <auto Member> CsvField found(const Line& line) {
    return line.found.*Member;
}

} // namespace

std::optional<VarianceComponents> variance_components(const GridCell& cell) {
    std::map<std::int64_t, std::map<std::int64_t, double>> seeds; // by draw
    for (std::size_t i = 0; i < cell.runs.size(); ++i)
        if (cell.runs[i].draw) seeds[cell.runs[i].seed][*cell.runs[i].draw] = cell.main().values[i];
    std::vector<std::vector<double>> values;
    for (const auto& [seed, draws] : seeds) {
        if (std::ssize(draws) != cell.draws) continue;
        values.emplace_back();
        for (const auto& [draw, value] : draws) values.back().push_back(value);
    }
    if (values.size() < 2 || cell.draws < 2) return std::nullopt;
    return variance_components(values);
}

const char* const variance_about =
    "Standard deviations of the test AUC in points, each with its own cause: another seed (initial weights, "
    "pre-training, order, fine-tuning), another draw of the labelled images, and the rest (specific to the pair). \"of "
    "the mean\" is the standard deviation of the AUC in the table for new seeds and new draws together. n: seeds x "
    "draws. Two-way random effects without interaction; rough with few of either. An asterisk marks a negative "
    "estimate, cut to 0. The fraction with all images has only one draw and is left out.";

std::vector<Table> variance_tables(const std::vector<GridRow>& rows) {
    std::vector<Table> tables;
    for_each_table(rows, [&](std::span<const GridRow> group) {
        if (std::none_of(group.begin(), group.end(), has_several_draws)) return;
        Table table;
        table.title = group.front().title();
        for (const char* label : {"labels", "AUC", "seeds", "draws", "rest", "of the mean", "n"})
            table.columns.push_back({label, ""});
        table.right = true;
        for (const auto& row : group)
            for (const auto& cell : row.cells)
                if (cell.draws > 1) table.lines.push_back(line_of(row, cell));
        tables.push_back(std::move(table));
    });
    return tables;
}

std::string variance_markdown(const std::vector<GridRow>& rows) {
    const auto tables = variance_tables(rows);
    return tables.empty() ? "" : fmt::format("{}\n\n{}", variance_about, tables_markdown(tables));
}

std::string variance_csv(const std::vector<GridRow>& rows) {
    using V = VarianceComponents;
    std::vector<Line> lines;
    for (const auto& row : rows)
        for (const auto& cell : row.cells)
            if (const auto components = variance_components(cell)) lines.push_back({row, cell, *components});
    if (lines.empty()) return "";
    const CsvColumns<Line> columns = {{"seeds", found<&V::n_seeds>},
                                      {"draws", found<&V::n_draws>},
                                      {"auc", found<&V::mean>},
                                      {"variance_of_seeds", found<&V::seeds>},
                                      {"variance_of_draws", found<&V::draws>},
                                      {"variance_of_rest", found<&V::rest>},
                                      {"seeds_uncut", found<&V::seeds_uncut>},
                                      {"draws_uncut", found<&V::draws_uncut>},
                                      {"variance_of_mean", found<&V::of_mean>}};
    return csv_text(joined(joined(place_columns<Line>(), columns), stamp_column<Line>()), lines);
}

} // namespace mlvicx
