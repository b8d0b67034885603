#include "results/grid_csv.h"

namespace mlvicx {

namespace {

/// A line of a CSV that is made of the grid: a metric of a cell, over its classes or of one.
struct Line {
    const GridRow& row;
    const GridCell& cell;
    std::size_t metric = 0;                 ///< of metrics_of
    const ClassFigures* of_class = nullptr; ///< none: of the mean over classes

    double fraction() const { return cell.fraction; }
    const Figure& figure() const { return cell.figures[metric]; }
    std::int64_t runs() const { return figure().value.count; }
    std::optional<double> value() const {
        if (of_class) return of_class->values[metric];
        return runs() > 0 ? std::optional(figure().value.mean) : std::nullopt;
    }
    std::optional<double> deviation() const {
        return of_class == nullptr && runs() > 1 ? std::optional(figure().value.deviation) : std::nullopt;
    }
    std::optional<Interval> interval() const { return of_class ? of_class->intervals[metric] : figure().interval; }
    std::int64_t defined() const { return of_class ? value().has_value() : figure().least_defined; }
    /// Classes have intervals and lines of their own where all runs were tested on the same films.
    std::size_t classes() const { return cell.film_set != 0 ? cell.classes.size() : 0; }
};

template <typename Visit> void for_each_cell(const std::vector<GridRow>& rows, Visit visit) {
    for (const auto& row : rows)
        for (const auto& cell : row.cells) visit(row, cell);
}

} // namespace

std::string grid_csv(const std::vector<GridRow>& rows) {
    Csv<Line> csv(joined<Line>(
        place_columns<Line>(),
        {{"train_films",
          [](const Line& l) { return l.cell.train_films > 0 ? std::optional(l.cell.train_films) : std::nullopt; }},
         {"auc_mean", [](const Line& l) { return l.value(); }},
         {"auc_deviation", [](const Line& l) { return l.deviation(); }},
         {"seeds", [](const Line& l) { return l.runs(); }},
         {"planned_seeds", [](const Line& l) { return l.cell.planned; }},
         {"failed_seeds", [](const Line& l) { return l.cell.failed; }},
         {"undefined_seeds", [](const Line& l) { return l.cell.undefined; }},
         {"defined_classes", [](const Line& l) { return l.defined(); }},
         {"classes", [](const Line& l) { return l.cell.classes.size(); }},
         {"auc_low", [](const Line& l) { return low_of(l.interval()); }},
         {"auc_high", [](const Line& l) { return high_of(l.interval()); }},
         {"resamples", [](const Line& l) { return resamples_of(l.interval()); }},
         {"test_films", [](const Line& l) { return l.cell.test_films; }},
         {"test_patients", [](const Line& l) { return l.cell.test_patients; }},
         {"draws", [](const Line& l) { return l.cell.draws; }},
         {"left_out", [](const Line& l) { return l.cell.left_out; }}}));
    for_each_cell(rows, [&](const GridRow& row, const GridCell& cell) { csv.add({row, cell}); });
    return csv.text();
}

std::string classes_csv(const std::vector<GridRow>& rows) {
    Csv<Line> csv(
        joined<Line>(place_columns<Line>(), {{"class", [](const Line& l) { return l.of_class->name; }},
                                             {"auc", [](const Line& l) { return l.value(); }},
                                             {"auc_low", [](const Line& l) { return low_of(l.interval()); }},
                                             {"auc_high", [](const Line& l) { return high_of(l.interval()); }},
                                             {"resamples", [](const Line& l) { return resamples_of(l.interval()); }},
                                             {"seeds", [](const Line& l) { return l.runs(); }},
                                             {"positives", [](const Line& l) { return l.of_class->positives; }},
                                             {"negatives", [](const Line& l) { return l.of_class->negatives; }},
                                             {"test_films", [](const Line& l) { return l.cell.test_films; }},
                                             {"test_patients", [](const Line& l) { return l.cell.test_patients; }}}));
    for_each_cell(rows, [&](const GridRow& row, const GridCell& cell) {
        if (cell.film_set == 0) return;
        for (const auto& c : cell.classes) csv.add({row, cell, 0, &c});
    });
    return csv.text();
}

std::string segmentation_csv(const std::vector<GridRow>& rows) {
    Csv<Line> csv(
        joined<Line>(place_columns<Line>(),
                     {{"metric", [](const Line& l) { return metrics_of(l.row.task)[l.metric]; }},
                      {"mask", [](const Line& l) { return l.of_class ? l.of_class->name : std::string(); }},
                      {"value", [](const Line& l) { return l.value(); }},
                      {"deviation", [](const Line& l) { return l.deviation(); }},
                      {"low", [](const Line& l) { return low_of(l.interval()); }},
                      {"high", [](const Line& l) { return high_of(l.interval()); }},
                      {"resamples", [](const Line& l) { return resamples_of(l.interval()); }},
                      {"runs", [](const Line& l) { return l.runs(); }},
                      {"planned_runs", [](const Line& l) { return l.cell.planned; }},
                      {"failed_runs", [](const Line& l) { return l.cell.failed; }},
                      {"left_out_runs", [](const Line& l) { return l.cell.left_out; }},
                      {"defined_masks", [](const Line& l) { return l.defined(); }},
                      {"masks", [](const Line& l) { return l.classes(); }},
                      {"films_with_mask",
                       [](const Line& l) { return l.of_class ? std::optional(l.of_class->positives) : std::nullopt; }},
                      {"train_films", [](const Line& l) { return l.cell.train_films; }},
                      {"test_films", [](const Line& l) { return l.cell.test_films; }},
                      {"test_patients", [](const Line& l) { return l.cell.test_patients; }}}));
    for_each_cell(rows, [&](const GridRow& row, const GridCell& cell) {
        for (std::size_t metric = 0; metric < cell.figures.size(); ++metric) {
            csv.add({row, cell, metric});
            for (std::size_t c = 0; c < Line{row, cell}.classes(); ++c) csv.add({row, cell, metric, &cell.classes[c]});
        }
    });
    return csv.text();
}

} // namespace mlvicx
