#include "results/variance_text.h"

#include "results/grid_csv.h"
#include "results/text.h"
#include "results/variance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace mlvicx {

namespace {

bool has_several_draws(const GridRow& row) {
    return std::any_of(row.cells.begin(), row.cells.end(), [](const GridCell& cell) { return cell.draws > 1; });
}

std::string points(double variance) {
    return fmt::format("{:.2f}", 100 * std::sqrt(variance));
}

/// A component as a standard deviation; marked where it was cut.
std::string component(double variance, double uncut) {
    return uncut < 0 ? "0 \\*" : points(variance);
}

std::string line_of(const GridRow& row, const GridCell& cell) {
    const std::string head = fmt::format("| {} | {} |", markdown_escaped(row.method), fraction_label(cell.fraction));
    const auto found = variance_components(cell);
    if (!found) return head + " too few pairs are finished | | | | | |\n";
    return fmt::format("{} {:.1f} | {} | {} | {} | {} | {} x {} |\n", head, 100 * found->mean,
                       component(found->seeds, found->seeds_uncut), component(found->draws, found->draws_uncut),
                       points(found->rest), points(found->of_mean), found->n_seeds, found->n_draws);
}

} // namespace

std::string variance_markdown(const std::vector<GridRow>& rows) {
    std::string text;
    for_each_table(rows, [&](std::span<const GridRow> table) {
        if (std::none_of(table.begin(), table.end(), has_several_draws)) return;
        text += fmt::format("\n### {}\n| method | labels | AUC | seeds | draws | rest | of the mean | n |\n"
                            "|:--|:--|--:|--:|--:|--:|--:|:--|\n",
                            markdown_escaped(table.front().title()));
        for (const auto& row : table)
            for (const auto& cell : row.cells)
                if (cell.draws > 1) text += line_of(row, cell);
    });
    if (text.empty()) return "";
    return "Standard deviations of the test AUC in points, each with its own cause: another seed (initial weights, "
           "pre-training, order, fine-tuning), another draw of the labelled films, and the rest (what only the pair "
           "explains). \"of the mean\" is the standard deviation of the AUC in the table for new seeds and new draws "
           "together. n: seeds x draws. Two-way random effects without interaction; with few of either these are "
           "rough. \\* The estimate was negative and is cut to 0. All films have one draw only and are not here.\n" +
           text;
}

std::string variance_csv(const std::vector<GridRow>& rows) {
    struct Line {
        const GridRow& row;
        const GridCell& cell;
        VarianceComponents found;
        double fraction() const { return cell.fraction; }
    };
    std::vector<Line> lines;
    for (const auto& row : rows)
        for (const auto& cell : row.cells)
            if (const auto found = variance_components(cell)) lines.push_back({row, cell, *found});
    if (lines.empty()) return "";
    return csv_text(
        joined<Line>(place_columns<Line>(), {{"seeds", [](const Line& l) { return l.found.n_seeds; }},
                                             {"draws", [](const Line& l) { return l.found.n_draws; }},
                                             {"auc", [](const Line& l) { return l.found.mean; }},
                                             {"variance_of_seeds", [](const Line& l) { return l.found.seeds; }},
                                             {"variance_of_draws", [](const Line& l) { return l.found.draws; }},
                                             {"variance_of_rest", [](const Line& l) { return l.found.rest; }},
                                             {"seeds_uncut", [](const Line& l) { return l.found.seeds_uncut; }},
                                             {"draws_uncut", [](const Line& l) { return l.found.draws_uncut; }},
                                             {"variance_of_mean", [](const Line& l) { return l.found.of_mean; }}}),
        lines);
}

} // namespace mlvicx
