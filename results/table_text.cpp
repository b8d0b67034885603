#include "results/table.h"
#include "results/text.h"

#include <algorithm>

namespace mlvicx {

namespace {

std::string without_trailing_blanks(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

} // namespace

std::string table_text(const GridTable& table) {
    std::vector<std::vector<std::string>> lines(2);
    lines[0].emplace_back(table.head);
    lines[1].emplace_back();
    for (const auto& column : table.columns) {
        lines[0].push_back(column.label);
        lines[1].push_back(column.films);
    }
    for (const auto& line : table.lines) {
        lines.push_back({line.method});
        lines.back().insert(lines.back().end(), line.entries.begin(), line.entries.end());
    }
    std::vector<std::size_t> widths(lines[0].size(), 0);
    for (const auto& line : lines)
        for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], text_width(line[i]));
    std::string text = table.title + ": " + table.caption + "\n\n";
    for (const auto& line : lines) {
        std::string row = "  ";
        for (std::size_t i = 0; i < line.size(); ++i) row += padded(line[i], widths[i] + 3);
        row = without_trailing_blanks(std::move(row));
        if (!row.empty()) text += row + "\n";
    }
    return text;
}

std::string table_markdown(const GridTable& table) {
    std::string head = "| " + table.head + " |", rule = "|:--|", body;
    for (const auto& column : table.columns) {
        head += " " + column.label + (column.films.empty() ? "" : " (" + column.films + ")") + " |";
        rule += ":--|";
    }
    for (const auto& line : table.lines) {
        body += "| " + markdown_escaped(line.method) + " |";
        for (const auto& entry : line.entries) body += " " + entry + " |";
        body += "\n";
    }
    return "### " + table.title + "\n" + table.caption + "\n\n" + head + "\n" + rule + "\n" + body;
}

} // namespace mlvicx
