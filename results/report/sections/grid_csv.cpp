#include "results/report/sections/grid_csv.h"

namespace mlvicx {

namespace {

/// A line of a CSV made from the grid: a metric of a cell, for the mean over classes or for one class.
struct Line {
    const GridRow& row;
    const GridCell& cell;
    std::size_t metric = 0;                 ///< index into metrics_of
    const ClassFigures* of_class = nullptr; ///< nullptr: the mean over classes

    double fraction() const { return cell.fraction; }
    const Stamps& stamps() const { return cell.stamps; }
    const std::string& metric_name() const { return metrics_of(row.task)[metric]; }
    std::string class_name() const { return of_class ? of_class->name : ""; }
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
    std::int64_t classes() const { return std::ssize(cell.classes); }
    /// Classes have intervals and lines of their own if all runs were tested on the same images.
    std::int64_t listed_classes() const { return cell.image_set != 0 ? classes() : 0; }
    std::optional<double> known_train_images() const {
        return cell.train_images > 0 ? std::optional(cell.train_images) : std::nullopt;
    }
    std::optional<std::int64_t> positives() const {
        return of_class ? std::optional(of_class->positives) : std::nullopt;
    }
    std::optional<std::int64_t> negatives() const {
        return of_class ? std::optional(of_class->negatives) : std::nullopt;
    }
};

/// A member of the line's cell.
template <auto Member> CsvField cell(const Line& line) {
    return line.cell.*Member;
}

template <typename Visit> void for_each_cell(const std::vector<GridRow>& rows, Visit visit) {
    for (const auto& row : rows)
        for (const auto& cell : row.cells) visit(row, cell);
}

} // namespace

std::string grid_csv(const std::vector<GridRow>& rows) {
    using G = GridCell;
    const CsvColumns<Line> columns = {{"train_images", &Line::known_train_images},
                                      {"auc_mean", &Line::value},
                                      {"auc_deviation", &Line::deviation},
                                      {"seeds", &Line::runs},
                                      {"planned_seeds", cell<&G::planned>},
                                      {"failed_seeds", cell<&G::failed>},
                                      {"undefined_seeds", cell<&G::undefined>},
                                      {"defined_classes", &Line::defined},
                                      {"classes", &Line::classes},
                                      {"auc_low", low<&Line::interval>},
                                      {"auc_high", high<&Line::interval>},
                                      {"resamples", resamples<&Line::interval>},
                                      {"test_images", cell<&G::test_images>},
                                      {"test_patients", cell<&G::test_patients>},
                                      {"draws", cell<&G::draws>},
                                      {"left_out", cell<&G::left_out>}};
    CsvText<Line> csv(joined(joined(place_columns<Line>(), columns), stamp_column<Line>()));
    for_each_cell(rows, [&](const GridRow& row, const GridCell& cell) { csv.add({row, cell}); });
    return csv.text();
}

std::string classes_csv(const std::vector<GridRow>& rows) {
    using G = GridCell;
    const CsvColumns<Line> columns = {{"class", &Line::class_name},
                                      {"auc", &Line::value},
                                      {"auc_low", low<&Line::interval>},
                                      {"auc_high", high<&Line::interval>},
                                      {"resamples", resamples<&Line::interval>},
                                      {"seeds", &Line::runs},
                                      {"positives", &Line::positives},
                                      {"negatives", &Line::negatives},
                                      {"test_images", cell<&G::test_images>},
                                      {"test_patients", cell<&G::test_patients>}};
    CsvText<Line> csv(joined(joined(place_columns<Line>(), columns), stamp_column<Line>()));
    for_each_cell(rows, [&](const GridRow& row, const GridCell& cell) {
        if (cell.image_set == 0) return;
        for (const auto& c : cell.classes) csv.add({row, cell, 0, &c});
    });
    return csv.text();
}

std::string segmentation_csv(const std::vector<GridRow>& rows) {
    using G = GridCell;
    const CsvColumns<Line> columns = {{"metric", &Line::metric_name},
                                      {"mask", &Line::class_name},
                                      {"value", &Line::value},
                                      {"deviation", &Line::deviation},
                                      {"low", low<&Line::interval>},
                                      {"high", high<&Line::interval>},
                                      {"resamples", resamples<&Line::interval>},
                                      {"runs", &Line::runs},
                                      {"planned_runs", cell<&G::planned>},
                                      {"failed_runs", cell<&G::failed>},
                                      {"left_out_runs", cell<&G::left_out>},
                                      {"defined_masks", &Line::defined},
                                      {"masks", &Line::listed_classes},
                                      {"images_with_mask", &Line::positives},
                                      {"train_images", cell<&G::train_images>},
                                      {"test_images", cell<&G::test_images>},
                                      {"test_patients", cell<&G::test_patients>}};
    CsvText<Line> csv(joined(joined(place_columns<Line>(), columns), stamp_column<Line>()));
    for_each_cell(rows, [&](const GridRow& row, const GridCell& cell) {
        for (std::size_t metric = 0; metric < cell.figures.size(); ++metric) {
            csv.add({row, cell, metric});
            if (cell.image_set == 0) continue;
            for (const auto& mask : cell.classes) csv.add({row, cell, metric, &mask});
        }
    });
    return csv.text();
}

} // namespace mlvicx
