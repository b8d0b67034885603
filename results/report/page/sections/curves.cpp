#include "results/report/page/sections.h"
#include "results/report/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace mlvicx {

namespace {

constexpr double edge = 1.3; ///< between the outer points and the ends of the logarithmic axis, as a factor

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

/// Where the controls without images or without labels lie: their lines would flatten those of the methods.
std::string apart_text(const ReportContext& context, std::span<const GridRow> rows) {
    std::string text;
    for (const auto& row : rows)
        if (row.apart)
            if (const auto line = series_of(context, row); !line.y.empty())
                text += fmt::format("; not drawn: {}, {:.1f} to {:.1f} %", row.method,
                                    *std::ranges::min_element(line.y), *std::ranges::max_element(line.y));
    return text;
}

Plot curve_of(const ReportContext& context, std::span<const GridRow> all_rows) {
    const auto rows = compared_rows({all_rows.begin(), all_rows.end()});
    Plot plot;
    plot.x = {"labelled images", true, {}, {}};
    plot.y = {"test AUC, %", false, {}, {}};
    std::int64_t evaluations = 0;
    bool bands = false;
    for (const auto* row : chosen_rows(rows)) {
        plot.title = row->title();
        auto line = series_of(context, *row);
        if (line.x.size() < 2) continue;
        const auto [least, most] = std::ranges::minmax(line.x);
        plot.x.low = std::min(plot.x.low.value_or(least / edge), least / edge);
        plot.x.high = std::max(plot.x.high.value_or(most * edge), most * edge);
        for (const auto& cell : row->cells) evaluations = std::max(evaluations, cell.main().value.count);
        bands = bands || !line.low.empty();
        plot.series.push_back(std::move(line));
    }
    plot.caption =
        fmt::format("Mean test AUC over classes by the number of labelled images, {}{}{}{}.",
                    evaluations == 1 ? "one evaluation each" : fmt::format("mean of up to {} evaluations", evaluations),
                    bands ? "; bands: 95 % bootstrap interval over the patients of the test images" : "",
                    chosen_text(plot.series.size(), rows.size()), apart_text(context, all_rows));
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
