#include "results/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace mlvicx {

namespace {

std::string entry_text(const GridCell& cell, std::int64_t seeds) {
    if (cell.auc.count == 0) {
        if (cell.undefined > 0) return "-";
        return cell.failed > 0 ? "failed" : "…";
    }
    std::string text = fmt::format("{:.1f}", 100 * cell.auc.mean);
    if (cell.auc.count > 1) text += fmt::format(" ± {:.1f}", 100 * cell.auc.deviation);
    if (cell.auc.count != seeds) text += fmt::format(" (n = {})", cell.auc.count);
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

GridTable table_of(RowIterator begin, RowIterator end) {
    GridTable table;
    table.columns = columns_of(begin, end);
    std::int64_t seeds = 0;
    for (auto row = begin; row != end; ++row)
        for (const auto& cell : row->cells) seeds = std::max(seeds, cell.planned);
    table.title = begin->dataset + ", " + protocol_label(begin->protocol);
    table.caption =
        seeds == 1 ? "test AUC in percent, mean over classes, n = 1 seed"
                   : fmt::format("test AUC in percent, mean over classes ± standard deviation, n = {} seeds", seeds);
    for (auto row = begin; row != end; ++row) {
        GridTable::Line line{row->method, {}};
        for (const auto& column : table.columns) {
            const auto cell = std::find_if(row->cells.begin(), row->cells.end(),
                                           [&](const GridCell& c) { return c.fraction == column.fraction; });
            line.entries.push_back(cell == row->cells.end() ? "" : entry_text(*cell, seeds));
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
    if (has("…")) legend.emplace_back("… is not finished yet.");
    if (has("failed")) legend.emplace_back("failed: `mlvicx-bench status` tells why.");
    if (any([](const std::string& entry) { return entry == "-"; }))
        legend.emplace_back("- is undefined: no class has both positives and negatives in the test split.");
    if (has("(n")) legend.emplace_back("(n = ...) where another number of seeds is in the mean.");
    if (has("[")) legend.emplace_back("[a/b]: the mean is over a of b classes; the others are undefined.");
    return legend;
}

std::string protocol_label(const std::string& protocol) {
    if (protocol.empty()) return "pre-training";
    return protocol == "finetuned" ? "fine-tuned" : protocol;
}

std::string fraction_label(double fraction) {
    return fraction > 1 ? fmt::format("{:g} films", fraction) : fmt::format("{:g} %", 100 * fraction);
}

std::size_t text_width(const std::string& text) {
    // Bytes that go on with a character of UTF-8 begin with the bits 10.
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width) {
    const std::size_t used = text_width(text);
    return used >= width ? text : text + std::string(width - used, ' ');
}

} // namespace mlvicx
