#include "results/table.h"
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
    const GridRow* last = nullptr;
    for (const auto& row : rows) {
        if (!has_several_draws(row)) continue;
        if (!last || last->dataset != row.dataset || last->protocol != row.protocol)
            text += fmt::format("\n### {}, {}\n| method | labels | AUC | seeds | draws | rest | of the mean | n |\n"
                                "|:--|:--|--:|--:|--:|--:|--:|:--|\n",
                                markdown_escaped(row.dataset), protocol_label(row.protocol));
        last = &row;
        for (const auto& cell : row.cells)
            if (cell.draws > 1) text += line_of(row, cell);
    }
    if (text.empty()) return "";
    return "Standard deviations of the test AUC in points, each with its own cause: another seed (initial weights, "
           "pre-training, order, fine-tuning), another draw of the labelled films, and the rest (what only the pair "
           "explains). \"of the mean\" is the standard deviation of the AUC in the table for new seeds and new draws "
           "together. n: seeds x draws. Two-way random effects without interaction; with few of either these are "
           "rough. \\* The estimate was negative and is cut to 0. All films have one draw only and are not here.\n" +
           text;
}

std::string variance_csv(const std::vector<GridRow>& rows) {
    std::string text;
    for (const auto& row : rows)
        for (const auto& cell : row.cells) {
            const auto found = variance_components(cell);
            if (!found) continue;
            text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_field(row.dataset),
                                csv_field(row.protocol), csv_field(row.method), cell.fraction, found->n_seeds,
                                found->n_draws, found->mean, found->seeds, found->draws, found->rest,
                                found->seeds_uncut, found->draws_uncut, found->of_mean);
        }
    if (text.empty()) return "";
    return "dataset,protocol,method,fraction,seeds,draws,auc,variance_of_seeds,variance_of_draws,variance_of_rest,"
           "seeds_uncut,draws_uncut,variance_of_mean\n" +
           text;
}

} // namespace mlvicx
