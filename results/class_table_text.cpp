#include "results/class_table.h"
#include "results/table.h"
#include "results/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace mlvicx {

namespace {

constexpr std::size_t page = 80; ///< columns of a terminal

constexpr const char* legend = "AP: average precision. Sens.: the highest sensitivity at a specificity of 90 %\n"
                               "or more. Brier: mean squared error of the probabilities. ECE: calibration error\n"
                               "in 15 bins.\n";

bool is_few(const ClassRow& row) {
    return row.positives < few_images || row.negatives < few_images;
}

std::string marked(const ClassRow& row) {
    return row.name + (is_few(row) ? " *" : "");
}

std::string few_text(const std::vector<ClassTable>& tables) {
    for (const auto& table : tables)
        if (std::any_of(table.classes.begin(), table.classes.end(), is_few))
            return fmt::format("*: under {} positive or negative test images: figures of such a class say\n"
                               "little, and its interval is too short.\n",
                               few_images);
    return "";
}

std::string percent(const std::optional<double>& value) {
    return value ? fmt::format("{:.1f}", 100 * *value) : "-";
}

std::string plain(const std::optional<double>& value) {
    return value ? fmt::format("{:.3f}", *value) : "-";
}

std::string auc_text(const ClassRow& row, bool interval) {
    const auto text = percent(row.values[0]);
    return interval && row.auc_interval ? text + " (" + interval_text(*row.auc_interval) + ")" : text;
}

std::size_t defined(const ClassTable& table) {
    return static_cast<std::size_t>(std::count_if(table.classes.begin(), table.classes.end(),
                                                  [](const ClassRow& row) { return row.values[0].has_value(); }));
}

/// Tables of one dataset and protocol stand together in a grid.
using Iterator = std::vector<ClassTable>::const_iterator;
Iterator end_of_group(Iterator begin, Iterator end) {
    return std::find_if(begin, end, [&](const ClassTable& table) {
        return table.dataset != begin->dataset || table.protocol != begin->protocol;
    });
}

std::string title_of(const ClassTable& table, const char* what) {
    return fmt::format("{}, {}, {}", table.dataset, protocol_label(table.protocol), what);
}

/// AUC by class: a line for each class of the first method that has any, a column for each method.
GridTable aucs_of(Iterator begin, Iterator end, bool interval) {
    GridTable table;
    table.head = "class";
    table.title = title_of(*begin, "classes");
    table.caption = fmt::format("test AUC in percent{}", interval ? " (95 % interval over patients)" : "");
    table.columns = {{0, "positive", ""}, {0, "negative", ""}};
    std::set<double> fractions;
    for (auto method = begin; method != end; ++method) fractions.insert(method->fraction);
    if (fractions.size() == 1) table.caption += fmt::format(", {} of the labels", fraction_label(begin->fraction));
    for (auto method = begin; method != end; ++method)
        table.columns.push_back({0, method->method, fractions.size() == 1 ? "" : fraction_label(method->fraction)});
    for (std::size_t c = 0; c < begin->classes.size(); ++c) {
        const auto& row = begin->classes[c];
        table.lines.push_back({marked(row), {fmt::format("{}", row.positives), fmt::format("{}", row.negatives)}});
        for (auto method = begin; method != end; ++method)
            table.lines.back().entries.push_back(c < method->classes.size() && method->classes[c].name == row.name
                                                     ? auc_text(method->classes[c], interval)
                                                     : "");
    }
    return table;
}

GridTable means_of(Iterator begin, Iterator end) {
    GridTable table;
    table.title = title_of(*begin, "other figures");
    table.caption = "means over classes";
    table.columns = {{0, "labels", ""}, {0, "AP %", ""}, {0, "Sens. %", ""}, {0, "Brier", ""}, {0, "ECE", ""}};
    for (auto method = begin; method != end; ++method) {
        const auto& values = method->mean.values;
        table.lines.push_back({method->method,
                               {fraction_label(method->fraction), percent(values[1]), percent(values[2]),
                                plain(values[3]), plain(values[4])}});
    }
    return table;
}

/// The table, its columns from `fixed` on divided so that no line passes the page.
std::vector<GridTable> fitted(const GridTable& table, std::size_t fixed) {
    const auto width_of = [&](std::size_t column) {
        std::size_t width = std::max(text_width(table.columns[column].label), text_width(table.columns[column].films));
        for (const auto& line : table.lines) width = std::max(width, text_width(line.entries[column]));
        return width + 3;
    };
    std::size_t first = text_width(table.head);
    for (const auto& line : table.lines) first = std::max(first, text_width(line.method));
    first += 5; // a margin of two
    for (std::size_t i = 0; i < fixed; ++i) first += width_of(i);
    std::vector<GridTable> parts;
    std::size_t width = page + 1;
    for (std::size_t i = fixed; i < table.columns.size(); ++i) {
        if (width + width_of(i) > page + 3) { // the last column's gap may pass
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

} // namespace

std::string evaluation_text(const CellResult& result) {
    const auto table = class_table(result);
    const auto count = defined(table);
    const std::string mean = count == table.classes.size() ? "mean" : fmt::format("mean of {}", count);
    std::size_t width = std::max<std::size_t>(12, text_width(mean));
    for (const auto& row : table.classes) width = std::max(width, text_width(marked(row)));
    const auto line = [&](const ClassRow& row, const std::string& name, const std::string& counts) {
        return fmt::format("{}{}  {}{:>6} {:>7} {:>6} {:>6}\n", padded(name, width), counts,
                           padded(auc_text(row, true), 18), percent(row.values[1]), percent(row.values[2]),
                           plain(row.values[3]), plain(row.values[4]));
    };
    std::string text = fmt::format("{}{:>6}{:>7}  {}{:>6} {:>7} {:>6} {:>6}\n", padded("class", width), "pos.", "neg.",
                                   padded("AUC % (95 %)", 18), "AP %", "Sens. %", "Brier", "ECE");
    for (const auto& row : table.classes)
        text += line(row, marked(row), fmt::format("{:>6}{:>7}", row.positives, row.negatives));
    text += line(table.mean, mean, std::string(13, ' '));
    text += few_text({table}) + legend;
    std::set<std::string> patients;
    if (result.scored) patients.insert(result.scored->patients.begin(), result.scored->patients.end());
    text += fmt::format("{} labelled images; {} test images of {} patients, whom the intervals (a–b)\nresample.\n",
                        result.train_films, result.scored ? result.scored->ids.size() : 0, patients.size());
    if (count < table.classes.size())
        text += fmt::format("AUC is defined for {} of {} classes: the others lack positives or negatives.\n", count,
                            table.classes.size());
    return text;
}

std::string classes_text(const std::vector<ClassTable>& tables) {
    std::string text;
    for (auto begin = tables.begin(); begin != tables.end();) {
        const auto end = end_of_group(begin, tables.end());
        for (const auto& part : fitted(aucs_of(begin, end, false), 2)) text += table_text(part) + "\n";
        text += table_text(means_of(begin, end)) + "\n";
        begin = end;
    }
    if (!text.empty()) text += few_text(tables) + legend;
    return text;
}

std::string classes_markdown(const std::vector<ClassTable>& tables) {
    std::string text;
    for (auto begin = tables.begin(); begin != tables.end();) {
        const auto end = end_of_group(begin, tables.end());
        text += table_markdown(aucs_of(begin, end, true)) + "\n" + table_markdown(means_of(begin, end)) + "\n";
        begin = end;
    }
    if (!text.empty()) text += few_text(tables) + "\n" + legend;
    return text;
}

} // namespace mlvicx
