#include "results/report/table.h"

#include "results/report/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace mlvicx {

namespace {

std::string without_trailing_blanks(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

/// The table under its title and caption.
std::string under(const std::string& head, const Table& table) {
    std::vector<std::vector<std::string>> lines(2);
    lines[0].emplace_back(table.head);
    lines[1].emplace_back();
    for (const auto& column : table.columns) {
        lines[0].push_back(column.label);
        lines[1].push_back(column.note);
    }
    for (const auto& line : table.lines) {
        lines.push_back({line.name});
        lines.back().insert(lines.back().end(), line.entries.begin(), line.entries.end());
    }
    std::vector<std::size_t> widths(lines[0].size(), 0);
    for (const auto& line : lines)
        for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], text_width(line[i]));
    std::string text = head + "\n\n";
    for (const auto& line : lines) {
        std::string row = "  ";
        for (std::size_t i = 0; i < line.size(); ++i) row += padded(line[i], widths[i] + 3);
        row = without_trailing_blanks(std::move(row));
        if (!row.empty()) text += row + "\n";
    }
    return text;
}

std::string head_of(const Table& table) {
    return table.title + ": " + table.caption;
}

std::string narrow_text(const Table& table) {
    return under(wrapped(head_of(table), terminal_columns), table);
}

std::string joined(const std::vector<Table>& tables, std::string (*text_of)(const Table&)) {
    std::string text;
    for (const auto& table : tables) text += (text.empty() ? "" : "\n") + text_of(table);
    return text;
}

} // namespace

std::string table_text(const Table& table) {
    return under(head_of(table), table);
}

std::string table_markdown(const Table& table) {
    std::string head = "| " + table.head + " |", rule = "|:--|", body;
    for (const auto& column : table.columns) {
        head += " " + markdown_escaped(column.label) + (column.note.empty() ? "" : " (" + column.note + ")") + " |";
        rule += table.right ? "--:|" : ":--|";
    }
    for (const auto& line : table.lines) {
        body += "| " + markdown_escaped(line.name) + " |";
        for (const auto& entry : line.entries) body += " " + entry + " |";
        body += "\n";
    }
    const std::string title = table.title.empty() ? "" : "### " + markdown_escaped(table.title) + "\n";
    const std::string caption = table.caption.empty() ? "" : table.caption + "\n\n";
    return title + caption + head + "\n" + rule + "\n" + body;
}

std::string tables_text(const std::vector<Table>& tables) {
    return joined(tables, table_text);
}

std::string narrow_tables_text(const std::vector<Table>& tables) {
    std::vector<Table> narrow;
    for (const auto& table : tables)
        for (auto& part : divided(table, 0, terminal_columns)) narrow.push_back(std::move(part));
    return joined(narrow, narrow_text);
}

std::string tables_markdown(const std::vector<Table>& tables) {
    return joined(tables, table_markdown);
}

std::vector<Table> divided(const Table& table, std::size_t fixed, std::size_t page) {
    const auto width_of = [&](std::size_t column) {
        std::size_t width = std::max(text_width(table.columns[column].label), text_width(table.columns[column].note));
        for (const auto& line : table.lines) width = std::max(width, text_width(line.entries[column]));
        return width + 3;
    };
    std::size_t first = text_width(table.head);
    for (const auto& line : table.lines) first = std::max(first, text_width(line.name));
    first += 5; // a margin of two
    for (std::size_t i = 0; i < fixed; ++i) first += width_of(i);
    std::vector<Table> parts;
    std::size_t width = page + 1;
    for (std::size_t i = fixed; i < table.columns.size(); ++i) {
        if (width + width_of(i) > page + 3) { // the last column's gap may exceed it
            parts.push_back(table);
            parts.back().columns.resize(fixed);
            for (auto& line : parts.back().lines) line.entries.resize(fixed);
            width = first;
        }
        width += width_of(i);
        parts.back().columns.push_back(table.columns[i]);
        for (std::size_t l = 0; l < table.lines.size(); ++l)
            parts.back().lines[l].entries.push_back(table.lines[l].entries[i]);
    }
    return parts;
}

Signs signs_of(const std::vector<Table>& tables) {
    Signs signs;
    for (const auto& table : tables) signs.insert(table.signs.begin(), table.signs.end());
    return signs;
}

std::string interval_text(const Interval& interval) {
    return fmt::format("{:.1f}–{:.1f}", 100 * interval.low, 100 * interval.high);
}

std::string counted(std::int64_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

} // namespace mlvicx
