#include "results/report/page/sections.h"
#include "results/report/sections/aggregate_text.h"
#include "results/report/sections/pairs_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace mlvicx {

namespace {

constexpr std::size_t most_in_matrix = 12, most_in_list = 66;
constexpr double significant = 0.05; ///< of p values
constexpr double strongest = 0.05;   ///< difference with the full shade: 5 points

/// The difference line minus column in points, by the pairs of one fraction.
PageTable matrix_of(std::span<const MethodPair> pairs, double fraction, std::vector<std::string> methods) {
    PageTable result;
    auto& table = result.table;
    table.head = "line minus column";
    table.title = fmt::format("{}, {}", pairs.front().title(), fraction_label(fraction));
    for (const auto& method : methods) table.columns.push_back({method, ""});
    for (const auto& method : methods) table.lines.push_back({method, std::vector<std::string>(methods.size(), "")});
    auto& marks = result.all_marks();
    std::int64_t images = 0, patients = 0;
    for (const auto& pair : pairs) {
        const auto a = std::find(methods.begin(), methods.end(), pair.a) - methods.begin();
        const auto b = std::find(methods.begin(), methods.end(), pair.b) - methods.begin();
        const auto size = std::ssize(methods);
        if (pair.fraction != fraction || a == size || b == size || !pair.figures.front()) continue;
        const auto& figure = *pair.figures.front();
        images = pair.images;
        patients = pair.patients;
        const auto put = [&](auto line, auto column, double difference) {
            const auto l = static_cast<std::size_t>(line), c = static_cast<std::size_t>(column);
            table.lines[l].entries[c] =
                fmt::format("{:+.1f}{}", 100 * difference, figure.holm ? " (" + p_text(*figure.holm) + ")" : "");
            if (figure.holm && *figure.holm < significant)
                marks[l][c].heat = std::clamp(difference / strongest, -1.0, 1.0);
        };
        put(a, b, figure.difference.value);
        put(b, a, -figure.difference.value);
    }
    table.caption = fmt::format("difference of the mean test AUC in points and its p value after Holm's correction, {} "
                                "of {}; shaded: p < 0.05",
                                counted(images, "test image"), counted(patients, "patient"));
    return result;
}

} // namespace

Section pairs_section(const ReportContext& context) {
    Section section("pairs", "Paired tests");
    const auto& pairs = context.figures.pairs;
    for_each_table(context.figures.rows, [&](std::span<const GridRow> rows) {
        std::vector<MethodPair> group;
        for (const auto& pair : pairs)
            if (pair.same_table(rows.front())) group.push_back(pair);
        if (group.empty()) return;
        std::vector<std::string> methods;
        for (const auto* row : chosen_rows(rows, most_in_matrix)) methods.push_back(row->method);
        section.tables.push_back(matrix_of(group, group.back().fraction, methods));
        section.tables.back().table.caption += chosen_text(methods.size(), rows.size());
    });
    if (section.tables.empty()) return section;
    section.text.push_back(pairs_about);
    section.text.emplace_back("The matrices show the largest label fraction; a positive figure says that the method of "
                              "the line is better than that of the column. Class by class: `data/report-pairs.csv`.");
    for (auto& table : pairs_tables(pairs)) {
        table.title += ", all pairs";
        if (table.lines.size() <= most_in_list)
            section.tables.emplace_back(std::move(table));
        else
            section.legend.push_back(
                fmt::format("{}: {} pairs, in `data/report-pairs.csv`.", table.title, table.lines.size()));
    }
    if (auto table = aggregates_table(context.figures.rows)) {
        table->title = "Over all tasks";
        section.tables.emplace_back(std::move(*table));
    }
    return section;
}

} // namespace mlvicx
