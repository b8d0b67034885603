#pragma once

#include <algorithm>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

/// Reads written reports, which have no quoted cells.
namespace plain {

inline std::vector<std::string> split_line(const std::string& line) {
    std::vector<std::string> cells(1);
    for (const char c : line)
        if (c == ',')
            cells.emplace_back();
        else
            cells.back() += c;
    return cells;
}

/// Text that was wrapped for a terminal, on one line.
inline std::string one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

/// A line's cells by column name.
using Line = std::map<std::string, std::string>;

/// Throws if a line does not have as many cells as the header.
inline std::vector<Line> read_csv(const std::string& text) {
    std::istringstream stream(text);
    std::string line;
    std::getline(stream, line);
    const auto head = split_line(line);
    std::vector<Line> lines;
    while (std::getline(stream, line)) {
        const auto cells = split_line(line);
        if (cells.size() != head.size()) throw std::runtime_error("not as many cells as the header: " + line);
        lines.emplace_back();
        for (std::size_t i = 0; i < head.size(); ++i) lines.back()[head[i]] = cells[i];
    }
    return lines;
}

/// The lines of a CSV by their values in these columns, joined with commas.
inline std::map<std::string, Line> lines_by(const std::string& csv, const std::vector<std::string>& columns) {
    std::map<std::string, Line> lines;
    for (const auto& line : read_csv(csv)) {
        std::string key;
        for (std::size_t i = 0; i < columns.size(); ++i) key += (i > 0 ? "," : "") + line.at(columns[i]);
        lines[key] = line;
    }
    return lines;
}

inline double number(const Line& line, const std::string& key) {
    return std::stod(line.at(key));
}

} // namespace plain
