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

/// The figures of the mean over classes, in the order of localisation_metrics.
std::vector<LocalisationFigure> means(const LocalisationRow& row) {
    std::vector<LocalisationFigure> result;
    for (const auto& figure : row.figures)
        if (figure.class_name.empty()) result.push_back(figure);
    return result;
}

/// What rows of one table have in common, the boxes among it.
auto common(const LocalisationRow& row) {
    const auto& first = row.figures.front();
    return std::tuple(row.dataset, row.protocol, first.films, first.patients, first.centre, first.area);
}

std::vector<GridTable> tables_of(const std::vector<LocalisationRow>& rows) {
    std::vector<GridTable> tables;
    for (std::size_t k = 0; k < rows.size(); ++k) {
        const auto figures = means(rows[k]);
        if (k == 0 || common(rows[k]) != common(rows[k - 1])) {
            GridTable table;
            table.title = rows[k].dataset + ", " + protocol_label(rows[k].protocol);
            const auto& first = figures.front();
            table.caption = fmt::format(
                "percent, mean over {} class{} (95 % interval over patients), {} test film{} of {} patient{} with "
                "boxes, which cover {:.1f} % of a film",
                first.classes, first.classes == 1 ? "" : "es", first.films, first.films == 1 ? "" : "s", first.patients,
                first.patients == 1 ? "" : "s", 100 * first.area);
            for (const char* heading : headings) table.columns.push_back({0, heading, ""});
            table.lines.push_back({"centre prior", {}});
            for (const auto& figure : figures)
                table.lines.back().entries.push_back(shown(figure.centre, figure.centre_interval));
            tables.push_back(std::move(table));
        }
        const std::string seeds = rows[k].seeds == 1 ? "" : fmt::format(", n = {} seeds", rows[k].seeds);
        tables.back().lines.push_back(
            {fmt::format("{}, {}{}", rows[k].method, fraction_label(rows[k].fraction), seeds), {}});
        for (const auto& figure : figures) tables.back().lines.back().entries.push_back(entry_of(figure));
    }
    return tables;
}

std::string all_tables(const std::vector<LocalisationRow>& rows, std::string (*text_of)(const GridTable&)) {
    if (rows.empty()) return "";
    std::string text;
    for (const auto& table : tables_of(rows)) text += text_of(table) + "\n";
    text += legend;
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
    std::string text = "dataset,protocol,method,fraction,metric,class,value,low,high,centre_prior,centre_low,"
                       "centre_high,difference,difference_low,difference_high,p,box_area,seeds,films,patients,classes,"
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
                                csv_number(f.difference.p), csv_number(f.area), row.seeds, f.films, f.patients,
                                f.classes, f.interval ? f.interval->resamples : 0);
    return text;
}

} // namespace mlvicx
