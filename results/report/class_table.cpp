#include "results/report/class_table.h"

#include "results/metrics/classification.h"
#include "results/report/text.h"
#include "results/statistics/intervals.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace mlvicx {

namespace {

bool is_few(const ClassFigures& c) {
    return c.positives < few_images || c.negatives < few_images;
}

std::string marked(const ClassFigures& c) {
    return c.name + (is_few(c) ? " *" : "");
}

std::string few_text(bool any) {
    if (!any) return "";
    return fmt::format("*: fewer than {} positive or negative test images: figures of such a class\n"
                       "are unreliable, and its interval is too short.\n",
                       few_images);
}

/// Explains the headings.
std::string legend_text() {
    std::string text;
    for (const auto& metric : classification_metrics().subspan(1)) text += metric.legend + std::string(" ");
    return wrapped(text, terminal_columns) + "\n";
}

/// A metric's heading with its unit: "AP %", "Brier".
std::string heading_of(const ScalarMetric& metric) {
    return std::string(metric.heading) + (metric.unit == ScalarMetric::Unit::percent ? " %" : "");
}

std::string shown(const ScalarMetric& metric, const std::optional<double>& value) {
    if (metric.unit == ScalarMetric::Unit::percent) return percent(value);
    return value ? fmt::format("{:.3f}", *value) : "-";
}

std::string auc_text(const std::optional<double>& auc, const std::optional<Interval>& interval) {
    return interval ? percent(auc) + " (" + interval_text(*interval) + ")" : percent(auc);
}

std::optional<double> mean_of(const GridCell& cell, std::size_t metric) {
    const auto& value = cell.figures[metric].value;
    return value.count > 0 ? std::optional(value.mean) : std::nullopt;
}

/// A row with the cell whose classes are shown: the largest fraction that has any evaluation.
struct Shown : TableKey {
    std::string method;
    const GridCell* cell;
};

std::vector<Shown> shown_cells(const std::vector<GridRow>& rows) {
    std::vector<Shown> result;
    for (const auto& row : rows) {
        const auto cell =
            std::find_if(row.cells.rbegin(), row.cells.rend(), [](const GridCell& c) { return !c.runs.empty(); });
        if (cell != row.cells.rend()) result.push_back({row, row.method, &*cell});
    }
    return result;
}

/// AUC by class: a line for each class of the first method that has any, a column for each method.
Table aucs_of(std::span<const Shown> methods, bool intervals) {
    Table table;
    table.head = "class";
    table.title = methods.front().title() + ", classes";
    table.caption = fmt::format("test AUC in percent{}", intervals ? " (95 % interval over patients)" : "");
    table.columns = {{"positive", ""}, {"negative", ""}};
    std::set<double> fractions;
    for (const auto& method : methods) fractions.insert(method.cell->fraction);
    const bool one = fractions.size() == 1;
    if (one) table.caption += fmt::format(", {} of the labels", fraction_label(*fractions.begin()));
    for (const auto& method : methods)
        table.columns.push_back({method.method, one ? "" : fraction_label(method.cell->fraction)});
    const auto& classes = methods.front().cell->classes;
    for (std::size_t c = 0; c < classes.size(); ++c) {
        table.lines.push_back(
            {marked(classes[c]), {fmt::format("{}", classes[c].positives), fmt::format("{}", classes[c].negatives)}});
        for (const auto& method : methods) {
            const auto& others = method.cell->classes;
            const bool same = c < others.size() && others[c].name == classes[c].name;
            table.lines.back().entries.push_back(
                same ? auc_text(others[c].values[0], intervals ? others[c].intervals[0] : std::nullopt) : "");
        }
    }
    return table;
}

Table means_of(std::span<const Shown> methods) {
    const auto metrics = classification_metrics();
    Table table;
    table.title = methods.front().title() + ", other figures";
    table.caption = "means over classes";
    table.columns = {{"labels", ""}};
    for (const auto& metric : metrics.subspan(1)) table.columns.push_back({heading_of(metric), ""});
    for (const auto& method : methods) {
        table.lines.push_back({method.method, {fraction_label(method.cell->fraction)}});
        for (std::size_t m = 1; m < metrics.size(); ++m)
            table.lines.back().entries.push_back(shown(metrics[m], mean_of(*method.cell, m)));
    }
    return table;
}

bool any_few(const std::vector<Shown>& cells) {
    return std::any_of(cells.begin(), cells.end(), [](const Shown& shown) {
        return std::any_of(shown.cell->classes.begin(), shown.cell->classes.end(), is_few);
    });
}

GridCell cell_of(const JobResult& result) {
    GridCell cell;
    add_figures({result.test}, Task::classification, cell);
    if (result.scored) add_intervals({result.scores}, TestSet(*result.scored), cell);
    return cell;
}

} // namespace

std::string evaluation_text(const JobResult& result) {
    const auto cell = cell_of(result);
    const auto metrics = classification_metrics();
    const auto count = std::count_if(cell.classes.begin(), cell.classes.end(),
                                     [](const ClassFigures& c) { return c.values[0].has_value(); });
    const bool all = count == std::ssize(cell.classes);
    const std::string mean = all ? "mean" : fmt::format("mean of {}", count);
    std::size_t width = std::max<std::size_t>(12, text_width(mean));
    for (const auto& c : cell.classes) width = std::max(width, text_width(marked(c)));
    const auto line = [&](const std::string& name, const std::string& counts, const std::string& auc, auto&& entry) {
        std::string text = fmt::format("{}{:>13}  {}", padded(name, width), counts, padded(auc, 18));
        for (std::size_t m = 1; m < metrics.size(); ++m)
            text += fmt::format("{}{:>{}}", m > 1 ? " " : "", entry(m),
                                std::max<std::size_t>(6, heading_of(metrics[m]).size()));
        return text + "\n";
    };
    const auto counts = [](const auto& positives, const auto& negatives) {
        return fmt::format("{:>6}{:>7}", positives, negatives);
    };
    std::string text =
        line("class", counts("pos.", "neg."), "AUC % (95 %)", [&](std::size_t m) { return heading_of(metrics[m]); });
    for (const auto& c : cell.classes)
        text += line(marked(c), counts(c.positives, c.negatives), auc_text(c.values[0], c.intervals[0]),
                     [&](std::size_t m) { return shown(metrics[m], c.values[m]); });
    text += line(mean, "", auc_text(mean_of(cell, 0), cell.main().interval),
                 [&](std::size_t m) { return shown(metrics[m], mean_of(cell, m)); });
    text += few_text(std::any_of(cell.classes.begin(), cell.classes.end(), is_few)) + legend_text();
    text += fmt::format("{} labelled images; {} test images of {} patients; intervals (a–b)\nresample the patients.\n",
                        result.train_images, cell.test_images, cell.test_patients);
    if (!all)
        text += fmt::format("AUC is defined for {} of {} classes: the others lack positives or negatives.\n", count,
                            cell.classes.size());
    return text;
}

std::string classes_text(const std::vector<GridRow>& rows) {
    const auto cells = shown_cells(rows);
    if (cells.empty()) return "";
    std::vector<Table> tables;
    for_each_table(cells, [&](std::span<const Shown> methods) {
        for (auto& part : divided(aucs_of(methods, false), 2, terminal_columns)) tables.push_back(std::move(part));
        tables.push_back(means_of(methods));
    });
    return tables_text(tables) + "\n" + few_text(any_few(cells)) + legend_text();
}

std::vector<ClassTables> class_tables(const std::vector<GridRow>& rows) {
    std::vector<ClassTables> tables;
    for_each_table(shown_cells(rows), [&](std::span<const Shown> methods) {
        tables.push_back({aucs_of(methods, true), means_of(methods)});
    });
    return tables;
}

std::string class_legend(const std::vector<GridRow>& rows) {
    return few_text(any_few(shown_cells(rows))) + "\n" + legend_text();
}

std::string classes_markdown(const std::vector<GridRow>& rows) {
    std::vector<Table> tables;
    for (auto& [aucs, means] : class_tables(rows)) {
        tables.push_back(std::move(aucs));
        tables.push_back(std::move(means));
    }
    return tables.empty() ? "" : tables_markdown(tables) + "\n" + class_legend(rows);
}

} // namespace mlvicx
