#include "results/report/page/sections.h"
#include "results/report/table.h"

#include <fmt/format.h>

namespace mlvicx {

namespace {

Series series_of(const ReportContext& context, const GridRow& row) {
    Series line;
    line.name = row.method;
    line.style = context.styles.at(row.method);
    bool bands = true;
    for (const auto& cell : row.cells) {
        const auto& figure = cell.main();
        if (figure.value.count == 0 || cell.train_images <= 0) continue;
        line.x.push_back(cell.train_images);
        line.y.push_back(100 * figure.value.mean);
        bands = bands && figure.interval;
        line.low.push_back(figure.interval ? 100 * figure.interval->low : 0);
        line.high.push_back(figure.interval ? 100 * figure.interval->high : 0);
    }
    if (!bands) line.low = line.high = {};
    return line;
}

Plot curve_of(const ReportContext& context, std::span<const GridRow> rows) {
    Plot plot;
    plot.title = rows.front().title();
    plot.x = {"labelled images", true, {}, {}};
    plot.y = {"test AUC, %", false, {}, {}};
    std::int64_t evaluations = 0;
    bool bands = false;
    for (const auto* row : chosen_rows(rows)) {
        auto line = series_of(context, *row);
        if (line.x.size() < 2) continue;
        for (const auto& cell : row->cells) evaluations = std::max(evaluations, cell.main().value.count);
        bands = bands || !line.low.empty();
        plot.series.push_back(std::move(line));
    }
    plot.caption =
        fmt::format("Mean test AUC over classes by the number of labelled images, {}{}{}.",
                    evaluations == 1 ? "one evaluation each" : fmt::format("mean of up to {} evaluations", evaluations),
                    bands ? "; bands: 95 % bootstrap interval over the patients of the test images" : "",
                    chosen_text(plot.series.size(), rows.size()));
    return plot;
}

} // namespace

Section curves_section(const ReportContext& context) {
    Section section("curves", "Low-data curves");
    for_each_table(context.figures.rows, [&](std::span<const GridRow> rows) {
        if (auto plot = curve_of(context, rows); !plot.series.empty()) section.plots.push_back(std::move(plot));
    });
    if (!section.plots.empty())
        section.text.emplace_back("How much each method gains from labels. A method has the same colour and marker in "
                                  "all plots; controls are grey and dashed.");
    return section;
}

} // namespace mlvicx
