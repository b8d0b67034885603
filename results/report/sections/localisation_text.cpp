#include "results/report/sections/localisation_text.h"

#include "results/report/sections/grid_csv.h"
#include "results/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace mlvicx {

namespace {

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

/// The figures of a class, in the order of localisation_metrics; for "" those of the mean over classes.
std::vector<LocalisationFigure> figures_of(const LocalisationRow& row, const std::string& class_name) {
    std::vector<LocalisationFigure> result;
    for (const auto& figure : row.figures)
        if (figure.class_name == class_name) result.push_back(figure);
    return result;
}

/// The classes that get a table: the mean over classes and, if that has no interval, the classes that have one.
std::vector<std::string> shown_classes(const std::vector<LocalisationRow>& rows) {
    std::vector<std::string> names = {""};
    for (const auto& row : rows)
        for (const auto& figure : row.figures)
            if (!row.figures.front().interval && figure.interval &&
                std::find(names.begin(), names.end(), figure.class_name) == names.end())
                names.push_back(figure.class_name);
    return names;
}

/// What the rows of one table have in common, including the boxes.
auto common(const LocalisationRow& row) {
    const auto& first = row.figures.front();
    return std::tuple(row.dataset, row.protocol, first.images, first.patients, first.centre, first.area);
}

/// A table without its methods.
Table table_of(const LocalisationRow& row, const std::vector<LocalisationFigure>& figures) {
    const auto& first = figures.front();
    Table table;
    table.title = row.title() + (first.class_name.empty() ? "" : ", " + first.class_name);
    table.caption = fmt::format(
        "percent{}{}, {} of {} with boxes, which cover {:.1f} % of an image",
        first.class_name.empty() ? fmt::format(", mean over {} class{}", first.classes, first.classes == 1 ? "" : "es")
                                 : "",
        first.interval ? " (95 % interval over patients)" : "", counted(first.images, "test image"),
        counted(first.patients, "patient"), 100 * first.area);
    for (const auto& metric : localisation_metrics) table.columns.push_back({metric.heading, ""});
    table.lines.push_back({"centre prior", {}});
    for (const auto& figure : figures)
        table.lines.back().entries.push_back(shown(figure.centre, figure.centre_interval));
    return table;
}

void add_tables(const std::vector<LocalisationRow>& rows, const std::string& class_name, std::vector<Table>& tables) {
    const LocalisationRow* before = nullptr;
    for (const auto& row : rows) {
        const auto figures = figures_of(row, class_name);
        if (figures.empty()) continue;
        if (before == nullptr || common(row) != common(*before)) tables.push_back(table_of(row, figures));
        before = &row;
        const std::string count = row.evaluations == 1 ? "" : fmt::format(", n = {}", row.evaluations);
        if (row.evaluations > 1) tables.back().signs.insert(Sign::averaged);
        if (!row.figures.front().interval) tables.back().signs.insert(Sign::no_interval);
        tables.back().lines.push_back({fmt::format("{}, {}{}", row.method, fraction_label(row.fraction), count), {}});
        for (const auto& figure : figures) tables.back().lines.back().entries.push_back(entry_of(figure));
    }
}

/// A line of the CSV.
struct Line {
    const LocalisationRow& row;
    const LocalisationFigure& figure;

    double fraction() const { return row.fraction; }
    const Stamps& stamps() const { return row.stamps; }
    std::int64_t evaluations() const { return row.evaluations; }
    std::optional<Interval> interval() const { return figure.interval; }
    std::optional<Interval> centre_interval() const { return figure.centre_interval; }
    std::optional<Interval> difference_interval() const { return figure.difference.interval; }
    double difference() const { return figure.difference.value; }
    std::optional<double> p() const { return figure.difference.p; }
};

/// A member of the line's figure.
template <auto Member> CsvField figure(const Line& line) {
    return line.figure.*Member;
}

} // namespace

std::vector<Table> localisation_tables(const std::vector<LocalisationRow>& rows) {
    std::vector<Table> tables;
    for (const auto& name : shown_classes(rows)) add_tables(rows, name, tables);
    return tables;
}

std::string localisation_legend(const std::vector<Table>& tables) {
    const auto signs = signs_of(tables);
    std::string text = legend;
    if (signs.contains(Sign::averaged))
        text += " n: number of evaluations (seeds and draws) averaged for an image's value.";
    if (signs.contains(Sign::no_interval)) text += " No interval: a class has boxes of only one patient.";
    return text + "\n";
}

std::string localisation_text(const std::vector<LocalisationRow>& rows) {
    const auto tables = localisation_tables(rows);
    return tables.empty()
               ? ""
               : narrow_tables_text(tables) + "\n" + wrapped(localisation_legend(tables), terminal_columns) + "\n";
}

std::string localisation_markdown(const std::vector<LocalisationRow>& rows) {
    const auto tables = localisation_tables(rows);
    return tables.empty() ? "" : tables_markdown(tables) + "\n" + localisation_legend(tables);
}

std::string localisation_csv(const std::vector<LocalisationRow>& rows) {
    using F = LocalisationFigure;
    const CsvColumns<Line> columns = {{"metric", figure<&F::metric>},
                                      {"class", figure<&F::class_name>},
                                      {"value", figure<&F::value>},
                                      {"low", low<&Line::interval>},
                                      {"high", high<&Line::interval>},
                                      {"centre_prior", figure<&F::centre>},
                                      {"centre_low", low<&Line::centre_interval>},
                                      {"centre_high", high<&Line::centre_interval>},
                                      {"difference", &Line::difference},
                                      {"difference_low", low<&Line::difference_interval>},
                                      {"difference_high", high<&Line::difference_interval>},
                                      {"p", &Line::p},
                                      {"box_area", figure<&F::area>},
                                      {"evaluations", &Line::evaluations},
                                      {"images", figure<&F::images>},
                                      {"patients", figure<&F::patients>},
                                      {"classes", figure<&F::classes>},
                                      {"resamples", resamples<&Line::interval>}};
    CsvText<Line> csv(joined(joined(place_columns<Line>(), columns), stamp_column<Line>()));
    for (const auto& row : rows)
        for (const auto& figure : row.figures) csv.add({row, figure});
    return csv.text();
}

} // namespace mlvicx
