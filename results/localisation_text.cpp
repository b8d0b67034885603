#include "results/localisation_figures.h"
#include "results/table.h"
#include "results/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace mlvicx {

namespace {

constexpr const char* headings[] = {"pointing game", "energy", "IoU, best threshold", "IoU, half of the maximum"};
static_assert(std::size(headings) == std::size(localisation_metrics));

constexpr const char* legend = "▲ ▼: above, below the centre prior (95 % interval of the paired difference over "
                               "patients, not corrected for the number of comparisons).";

std::string shown(double value, const std::optional<Interval>& interval) {
    const std::string text = fmt::format("{:.1f}", 100 * value);
    return interval ? text + " (" + interval_text(*interval) + ")" : text;
}

std::string entry_of(const LocalisationFigure& figure) {
    const auto& apart = figure.difference.interval;
    const char* sign = !apart ? "" : apart->low > 0 ? " ▲" : apart->high < 0 ? " ▼" : "";
    return shown(figure.value, figure.interval) + sign;
}

/// The figures of a class, in the order of localisation_metrics; of the mean over classes for "".
std::vector<LocalisationFigure> figures_of(const LocalisationRow& row, const std::string& class_name) {
    std::vector<LocalisationFigure> result;
    for (const auto& figure : row.figures)
        if (figure.class_name == class_name) result.push_back(figure);
    return result;
}

/// What gets a table: the mean over classes, and where that has no interval, the classes that do.
std::vector<std::string> shown_classes(const std::vector<LocalisationRow>& rows) {
    std::vector<std::string> names = {""};
    for (const auto& row : rows)
        for (const auto& figure : row.figures)
            if (!row.figures.front().interval && figure.interval &&
                std::find(names.begin(), names.end(), figure.class_name) == names.end())
                names.push_back(figure.class_name);
    return names;
}

/// What rows of one table have in common, the boxes among it.
auto common(const LocalisationRow& row) {
    const auto& first = row.figures.front();
    return std::tuple(row.dataset, row.protocol, first.films, first.patients, first.centre, first.area);
}

/// A table without its methods.
GridTable table_of(const LocalisationRow& row, const std::vector<LocalisationFigure>& figures) {
    const auto& first = figures.front();
    const auto number = [](std::int64_t count, const char* what, const char* more) {
        return fmt::format("{} {}{}", count, what, count == 1 ? "" : more);
    };
    GridTable table;
    table.title = row.dataset + ", " + protocol_label(row.protocol);
    if (!first.class_name.empty()) table.title += ", " + first.class_name;
    table.caption =
        fmt::format("percent{}{}, {} of {} with boxes, which cover {:.1f} % of a film",
                    first.class_name.empty() ? ", mean over " + number(first.classes, "class", "es") : "",
                    first.interval ? " (95 % interval over patients)" : "", number(first.films, "test film", "s"),
                    number(first.patients, "patient", "s"), 100 * first.area);
    for (const char* heading : headings) table.columns.push_back({0, heading, ""});
    table.lines.push_back({"centre prior", {}});
    for (const auto& figure : figures)
        table.lines.back().entries.push_back(shown(figure.centre, figure.centre_interval));
    return table;
}

std::vector<GridTable> tables_of(const std::vector<LocalisationRow>& rows, const std::string& class_name) {
    std::vector<GridTable> tables;
    const LocalisationRow* before = nullptr;
    for (const auto& row : rows) {
        const auto figures = figures_of(row, class_name);
        if (figures.empty()) continue;
        if (before == nullptr || common(row) != common(*before)) tables.push_back(table_of(row, figures));
        before = &row;
        const std::string count = row.evaluations == 1 ? "" : fmt::format(", n = {}", row.evaluations);
        tables.back().lines.push_back({fmt::format("{}, {}{}", row.method, fraction_label(row.fraction), count), {}});
        for (const auto& figure : figures) tables.back().lines.back().entries.push_back(entry_of(figure));
    }
    return tables;
}

std::string all_tables(const std::vector<LocalisationRow>& rows, std::string (*text_of)(const GridTable&)) {
    if (rows.empty()) return "";
    std::string text;
    for (const auto& name : shown_classes(rows))
        for (const auto& table : tables_of(rows, name)) text += text_of(table) + "\n";
    text += legend;
    if (std::any_of(rows.begin(), rows.end(), [](const auto& row) { return row.evaluations > 1; }))
        text += " n: evaluations (seeds and draws) that a film's value is the mean of.";
    if (std::any_of(rows.begin(), rows.end(), [](const auto& row) { return !row.figures.front().interval; }))
        text += " No interval: a class has boxes of one patient alone.";
    return text + "\n";
}

} // namespace

std::string localisation_text(const std::vector<LocalisationRow>& rows) {
    return all_tables(rows, table_text);
}

std::string localisation_markdown(const std::vector<LocalisationRow>& rows) {
    return all_tables(rows, table_markdown);
}

std::string localisation_csv(const std::vector<LocalisationRow>& rows) {
    std::string text =
        "dataset,protocol,method,fraction,metric,class,value,low,high,centre_prior,centre_low,"
        "centre_high,difference,difference_low,difference_high,p,box_area,evaluations,films,patients,classes,"
        "resamples\n";
    const auto ends = [](const std::optional<Interval>& interval) {
        return interval ? csv_number(interval->low) + "," + csv_number(interval->high) : std::string(",");
    };
    for (const auto& row : rows)
        for (const auto& f : row.figures)
            text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_field(row.dataset),
                                csv_field(row.protocol), csv_field(row.method), row.fraction, f.metric,
                                csv_field(f.class_name), csv_number(f.value), ends(f.interval), csv_number(f.centre),
                                ends(f.centre_interval), csv_number(f.difference.value), ends(f.difference.interval),
                                csv_number(f.difference.p), csv_number(f.area), row.evaluations, f.films, f.patients,
                                f.classes, f.interval ? f.interval->resamples : 0);
    return text;
}

} // namespace mlvicx
