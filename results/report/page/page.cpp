#include "results/report/page/page.h"

#include "results/report/page/escape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <set>

namespace mlvicx {

namespace {

constexpr double significant = 0.05;

/// The number that an entry begins with; NaN if it does not.
double number_of(const std::string& entry) {
    char* end = nullptr;
    const double value = std::strtod(entry.c_str(), &end);
    return end == entry.c_str() ? std::numeric_limits<double>::quiet_NaN() : value;
}

} // namespace

std::vector<std::vector<Mark>>& PageTable::all_marks() {
    marks.resize(table.lines.size());
    for (auto& line : marks) line.resize(table.columns.size());
    return marks;
}

Section tables_section(std::string id, std::string title, std::string text, std::vector<Table> tables) {
    Section section(std::move(id), std::move(title));
    if (tables.empty()) return section;
    if (!text.empty()) section.text.push_back(std::move(text));
    for (auto& table : tables) section.tables.emplace_back(std::move(table));
    return section;
}

void mark_best(PageTable& table, const PairedTest& test, bool in_lines, std::size_t from) {
    auto& marks = table.all_marks();
    const auto& lines = table.table.lines;
    const std::size_t columns = table.table.columns.size();
    // One group per column, or per line, of entries (line, column).
    const std::size_t groups = in_lines ? lines.size() : columns, members = in_lines ? columns : lines.size();
    for (std::size_t group = in_lines ? 0 : from; group < groups; ++group) {
        const auto line_of = [&](std::size_t member) { return in_lines ? group : member; };
        const auto column_of = [&](std::size_t member) { return in_lines ? member : group; };
        const auto value_of = [&](std::size_t member) {
            return number_of(lines[line_of(member)].entries[column_of(member)]);
        };
        std::optional<std::size_t> best;
        std::size_t count = 0;
        for (std::size_t member = in_lines ? from : 0; member < members; ++member) {
            if (std::isnan(value_of(member))) continue;
            ++count;
            if (!best || value_of(member) > value_of(*best)) best = member;
        }
        if (count < 2) continue;
        for (std::size_t member = in_lines ? from : 0; member < members; ++member) {
            auto& mark = marks[line_of(member)][column_of(member)];
            if (value_of(member) == value_of(*best))
                mark.best = true;
            else if (test && !std::isnan(value_of(member)))
                if (const auto p = test(line_of(*best), line_of(member), column_of(member)))
                    mark.tied = *p >= significant;
        }
    }
}

std::vector<std::string> legend_of_marks(const std::vector<PageTable>& tables) {
    bool best = false, tied = false;
    for (const auto& table : tables)
        for (const auto& line : table.marks)
            for (const auto& mark : line) {
                best = best || mark.best;
                tied = tied || mark.tied;
            }
    std::vector<std::string> legend;
    if (best) legend.emplace_back("Bold: the highest printed figure of its column.");
    if (tied)
        legend.emplace_back("≈: not distinguishable from the highest by the paired bootstrap over patients (p of 0.05 "
                            "or more after Holm's correction).");
    return legend;
}

void name_files(Page& page) {
    std::set<std::string> taken;
    const auto name = [&](const std::string& section, const std::string& title) {
        const std::string stem = file_stem(section + " " + title);
        std::string result = stem;
        for (int i = 2; !taken.insert(result).second; ++i) result = fmt::format("{}-{}", stem, i);
        return result;
    };
    for (auto& section : page.sections) {
        for (auto& plot : section.plots) plot.name = name(section.id, plot.title);
        for (auto& table : section.tables) table.name = name(section.id, table.table.title);
        for (auto& picture : section.pictures) picture.name = name(section.id, picture.name);
    }
}

} // namespace mlvicx
