#include "results/table.h"

#include "results/health.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace mlvicx {

namespace {

/// `planned`: evaluations that an entry should rest on.
std::string entry_text(const GridCell& cell, std::int64_t planned) {
    if (cell.auc.count == 0) {
        if (cell.left_out > 0) return "left out";
        if (cell.undefined > 0) return "-";
        return cell.failed > 0 ? "failed" : "…";
    }
    std::string text = fmt::format("{:.1f}", 100 * cell.auc.mean);
    if (cell.interval) text += " (" + interval_text(*cell.interval) + ")";
    if (cell.auc.count > 1) text += fmt::format(" ± {:.1f}", 100 * cell.auc.deviation);
    if (cell.not_learned) text += fmt::format(" {}", not_learned_mark);
    if (cell.auc.count != planned) text += fmt::format(" (n = {})", cell.auc.count);
    if (cell.least_defined < cell.classes) text += fmt::format(" [{}/{}]", cell.least_defined, cell.classes);
    return text;
}

std::string films_text(double films) {
    return std::abs(films - std::round(films)) < 0.05 ? fmt::format("{:.0f} films", films)
                                                      : fmt::format("{:.1f} films", films);
}

using RowIterator = std::vector<GridRow>::const_iterator;

std::vector<GridTable::Column> columns_of(RowIterator begin, RowIterator end) {
    std::vector<double> fractions;
    for (auto row = begin; row != end; ++row)
        for (const auto& cell : row->cells) fractions.push_back(cell.fraction);
    // As in the rows: numbers of films before shares.
    std::sort(fractions.begin(), fractions.end(),
              [](double a, double b) { return std::pair(a <= 1, a) < std::pair(b <= 1, b); });
    fractions.erase(std::unique(fractions.begin(), fractions.end()), fractions.end());
    std::vector<GridTable::Column> columns;
    for (const double fraction : fractions) {
        std::vector<double> films;
        for (auto row = begin; row != end; ++row)
            for (const auto& cell : row->cells)
                if (cell.fraction == fraction && cell.train_films > 0) films.push_back(cell.train_films);
        columns.push_back({fraction, fraction_label(fraction), films.empty() ? "" : films_text(summarise(films).mean)});
        if (columns.back().films == columns.back().label) columns.back().films.clear();
    }
    return columns;
}

/// ", 25596 test films of 2797 patients" where every interval is over the same ones.
std::string films_of_intervals(RowIterator begin, RowIterator end) {
    std::string text;
    std::int64_t set = 0;
    for (auto row = begin; row != end; ++row)
        for (const auto& cell : row->cells) {
            if (!cell.interval) continue;
            if (set != 0 && cell.film_set != set) return "";
            set = cell.film_set;
            text = fmt::format(", {} test films of {} patients", cell.test_films, cell.test_patients);
        }
    return text;
}

/// ", n = 3 seeds", or ", n = 3 seeds x 5 draws of the labelled films (100 %: seeds alone)".
std::string runs_text(RowIterator begin, RowIterator end, std::int64_t seeds, std::int64_t draws) {
    std::string text = fmt::format("{}, n = {} seed{}",
                                   draws > 0    ? " ± standard deviation over seeds and draws"
                                   : seeds == 1 ? ""
                                                : " ± standard deviation over seeds",
                                   seeds, seeds == 1 ? "" : "s");
    if (draws == 0) return text;
    text += fmt::format(" x {} draw{} of the labelled films", draws, draws == 1 ? "" : "s");
    for (auto row = begin; row != end; ++row)
        for (const auto& cell : row->cells)
            if (cell.draws == 0 || (cell.draws == 1 && draws > 1)) // all films: not drawn, or imported once
                return text + fmt::format(" ({}: seeds alone)", fraction_label(cell.fraction));
    return text;
}

/// Draws that each seed has at a fraction; 1 where nothing is drawn beside the seed.
std::int64_t draws_at(RowIterator begin, RowIterator end, double fraction) {
    std::int64_t draws = 1;
    for (auto row = begin; row != end; ++row)
        for (const auto& cell : row->cells)
            if (cell.fraction == fraction) draws = std::max(draws, cell.draws);
    return draws;
}

GridTable table_of(RowIterator begin, RowIterator end) {
    GridTable table;
    table.columns = columns_of(begin, end);
    std::int64_t seeds = 0, draws = 0;
    bool intervals = false;
    for (auto row = begin; row != end; ++row)
        for (const auto& cell : row->cells) {
            seeds = std::max(seeds, cell.seeds);
            draws = std::max(draws, cell.draws);
            table.left_out += cell.left_out;
            intervals = intervals || cell.interval;
            table.without_interval = table.without_interval || (cell.auc.count > 0 && !cell.interval);
        }
    table.title = begin->dataset + ", " + protocol_label(begin->protocol);
    table.draws = draws > 0;
    table.caption =
        fmt::format("test AUC in percent, mean over classes{}{}{}", intervals ? " (95 % interval over patients)" : "",
                    runs_text(begin, end, seeds, draws), films_of_intervals(begin, end));
    if (table.left_out > 0)
        table.caption += fmt::format("; {} evaluation{} left out", table.left_out, table.left_out == 1 ? "" : "s");
    for (auto row = begin; row != end; ++row) {
        GridTable::Line line{row->method, {}};
        for (const auto& column : table.columns) {
            const auto cell = std::find_if(row->cells.begin(), row->cells.end(),
                                           [&](const GridCell& c) { return c.fraction == column.fraction; });
            line.entries.push_back(
                cell == row->cells.end() ? "" : entry_text(*cell, seeds * draws_at(begin, end, column.fraction)));
        }
        table.lines.push_back(std::move(line));
    }
    return table;
}

} // namespace

std::vector<GridTable> grid_tables(const std::vector<GridRow>& rows) {
    std::vector<GridTable> tables;
    for (auto begin = rows.begin(); begin != rows.end();) {
        const auto end = std::find_if(begin, rows.end(), [&](const GridRow& row) {
            return row.dataset != begin->dataset || row.protocol != begin->protocol;
        });
        tables.push_back(table_of(begin, end));
        begin = end;
    }
    return tables;
}

std::vector<std::string> grid_legend(const std::vector<GridTable>& tables) {
    const auto any = [&](auto&& test) {
        for (const auto& table : tables)
            for (const auto& line : table.lines)
                if (std::any_of(line.entries.begin(), line.entries.end(), test)) return true;
        return false;
    };
    const auto has = [&](const std::string& sign) {
        return any([&](const std::string& entry) { return entry.find(sign) != std::string::npos; });
    };
    std::vector<std::string> legend;
    if (has("–"))
        legend.emplace_back(
            "(a–b): 95 % bootstrap interval over the patients of the test films, for the models as trained.");
    const auto some = [&](auto&& test) { return std::any_of(tables.begin(), tables.end(), test); };
    const bool draws = some([](const GridTable& table) { return table.draws; });
    if (has("±") && draws)
        legend.emplace_back("±: over all pairs of a seed (training) and a draw (label subset); over seeds alone where "
                            "all films are labelled. The report separates the two.");
    else if (has("±"))
        legend.emplace_back("±: over seeds, each with its own label subset and training.");
    if (some([](const GridTable& table) { return table.left_out > 0; }))
        legend.emplace_back("Left out: evaluations whose pre-training collapsed or diverged; `mlvicx-bench report "
                            "--all` shows them.");
    if (has(not_learned_mark)) legend.push_back(not_learned_legend());
    if (some([](const GridTable& table) { return table.without_interval; }))
        legend.emplace_back(
            "No interval: scores of the test films are missing, seeds were scored on different films, or "
            "the films are too few.");
    if (has("…")) legend.emplace_back("… is not finished yet.");
    if (has("failed")) legend.emplace_back("failed: `mlvicx-bench status` tells why.");
    if (any([](const std::string& entry) { return entry == "-"; }))
        legend.emplace_back("- is undefined: no class has both positives and negatives in the test split.");
    if (has("(n"))
        legend.emplace_back(draws ? "(n = ...) where another number of evaluations is in the mean."
                                  : "(n = ...) where another number of seeds is in the mean.");
    if (has("[")) legend.emplace_back("[a/b]: the mean is over a of b classes; the others are undefined.");
    return legend;
}

std::string protocol_label(const std::string& protocol) {
    if (protocol.empty()) return "pre-training";
    static const std::map<std::string, std::string> labels = {
        {"finetuned", "fine-tuned"},
        {"knn", "nearest neighbours"},
        {"partial", "last stage fine-tuned"},
        {"segmentation_frozen", "segmentation, frozen encoder"},
        {"segmentation_finetuned", "segmentation, fine-tuned encoder"},
        {"frozen_as_released", "frozen, as released"},
        {"finetuned_as_released", "fine-tuned, as released"}};
    const auto found = labels.find(protocol);
    return found == labels.end() ? protocol : found->second;
}

std::string fraction_label(double fraction) {
    return fraction > 1 ? fmt::format("{:g} films", fraction) : fmt::format("{:g} %", 100 * fraction);
}

std::string interval_text(const Interval& interval) {
    return fmt::format("{:.1f}–{:.1f}", 100 * interval.low, 100 * interval.high);
}

} // namespace mlvicx
