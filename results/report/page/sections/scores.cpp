#include "results/metrics/metrics.h"
#include "results/report/class_table.h"
#include "results/report/page/sections.h"
#include "results/report/sections/grid_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace mlvicx {

namespace {

constexpr std::size_t most_findings = 9, most_points = 200;
constexpr int bins = 10;

/// One evaluation whose scores are drawn.
struct Scored {
    std::string method;
    int style = 0;
    std::vector<float> scores; ///< [images, classes]
};

/// The operating points of a ROC curve, at most about most_points of them; ends at (0, 0) and (1, 1).
Series roc_of(const Scored& of, std::span<const std::int8_t> labels, std::size_t c, std::size_t classes) {
    std::vector<std::pair<float, bool>> images;
    for (std::size_t i = c; i < labels.size(); i += classes)
        if (labels[i] >= 0) images.emplace_back(of.scores[i], labels[i] == 1);
    std::sort(images.begin(), images.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    const auto positives = std::count_if(images.begin(), images.end(), [](const auto& image) { return image.second; });
    const double p = static_cast<double>(positives), n = static_cast<double>(images.size()) - p;
    Series line;
    line.style = of.style;
    line.markers = false;
    line.x = {0};
    line.y = {0};
    std::size_t hits = 0;
    const double step = 1.0 / most_points;
    for (std::size_t i = 0; i < images.size(); ++i) {
        hits += images[i].second ? 1 : 0;
        const bool tie = i + 1 < images.size() && images[i + 1].first == images[i].first;
        if (tie) continue;
        const double x = static_cast<double>(i + 1 - hits) / n, y = static_cast<double>(hits) / p;
        if (i + 1 < images.size() && x - line.x.back() < step && y - line.y.back() < step) continue;
        line.x.push_back(x);
        line.y.push_back(y);
    }
    return line;
}

/// Fraction of positives by mean probability in bins of equal width, over all classes together.
Series reliability_of(const Scored& of, std::span<const std::int8_t> labels) {
    std::vector<double> probability(bins, 0), positive(bins, 0), count(bins, 0);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i] < 0) continue;
        const auto bin = static_cast<std::size_t>(std::clamp(static_cast<int>(of.scores[i] * bins), 0, bins - 1));
        probability[bin] += static_cast<double>(of.scores[i]);
        positive[bin] += labels[i];
        ++count[bin];
    }
    Series line;
    line.style = of.style;
    for (std::size_t b = 0; b < count.size(); ++b)
        if (count[b] >= static_cast<double>(few_images)) {
            line.x.push_back(probability[b] / count[b]);
            line.y.push_back(positive[b] / count[b]);
        }
    return line;
}

/// The classes with enough images of both kinds, the most frequent ones, in the dataset's order.
std::vector<std::size_t> drawn_classes(const GridCell& cell) {
    std::vector<std::size_t> classes;
    for (std::size_t c = 0; c < cell.classes.size(); ++c)
        if (cell.classes[c].positives >= few_images && cell.classes[c].negatives >= few_images) classes.push_back(c);
    std::stable_sort(classes.begin(), classes.end(),
                     [&](auto a, auto b) { return cell.classes[a].positives > cell.classes[b].positives; });
    if (classes.size() > most_findings) classes.resize(most_findings);
    std::sort(classes.begin(), classes.end());
    return classes;
}

/// The cells of the rows at a fraction that were tested on the same images as the first.
std::vector<std::pair<const GridRow*, const GridCell*>> cells_at(std::span<const GridRow> rows, double fraction) {
    std::vector<std::pair<const GridRow*, const GridCell*>> cells;
    for (const auto* row : chosen_rows(rows))
        if (const auto* cell = cell_at(*row, fraction); cell != nullptr && cell->image_set != 0)
            if (cells.empty() || cells.front().second->image_set == cell->image_set) cells.emplace_back(row, cell);
    return cells;
}

void add_plots(const ReportContext& context, std::span<const GridRow> rows, bool curves, Section& section) {
    const auto fractions = fractions_of(rows);
    auto fraction = fractions.rbegin();
    while (fraction != fractions.rend() && cells_at(rows, *fraction).empty()) ++fraction;
    if (fraction == fractions.rend()) return;
    const auto cells = cells_at(rows, *fraction);
    const auto& first = *cells.front().second;
    const auto images = context.store.image_set(first.image_set);
    const std::size_t classes = images.classes.size();
    std::vector<Scored> scored;
    for (const auto& [row, cell] : cells)
        if (row->task == Task::classification)
            scored.push_back(
                {row->method, context.styles.at(row->method), context.store.scores(cell->runs.front().hash, images)});
    const std::string place = fmt::format("{}, {}", rows.front().title(), fraction_label(*fraction));
    const std::string basis =
        fmt::format("{} of {}; the first evaluation of each method{}", counted(first.test_images, "test image"),
                    counted(first.test_patients, "patient"), chosen_text(cells.size(), rows.size()));
    if (curves)
        for (const auto c : drawn_classes(first)) {
            Plot plot;
            plot.title = fmt::format("{}: {}", images.classes[c], place);
            plot.caption = fmt::format("ROC curve, {} positive of {}.", first.classes[c].positives, basis);
            plot.x = {"1 - specificity", false, 0, 1};
            plot.y = {"sensitivity", false, 0, 1};
            plot.diagonal = true;
            for (const auto& of : scored) {
                plot.series.push_back(roc_of(of, images.labels, c, classes));
                plot.series.back().name = of.method;
            }
            section.plots.push_back(std::move(plot));
        }
    Plot plot;
    plot.title = fmt::format("Reliability: {}", place);
    plot.caption = fmt::format("Fraction of positives by predicted probability, in {} bins of equal width with {} or "
                               "more predictions, all findings together, {}.",
                               bins, few_images, basis);
    plot.x = {"mean predicted probability", false, 0, 1};
    plot.y = {"fraction of positives", false, 0, 1};
    plot.diagonal = true;
    for (const auto& of : scored)
        if (auto line = reliability_of(of, images.labels); !line.x.empty()) {
            line.name = of.method;
            plot.series.push_back(std::move(line));
        }
    if (!plot.series.empty()) section.plots.push_back(std::move(plot));
}

} // namespace

Section scores_section(const ReportContext& context) {
    Section section("scores", "ROC and reliability");
    std::vector<std::string> datasets;
    for_each_table(context.figures.rows, [&](std::span<const GridRow> rows) {
        const auto before = datasets.size();
        order_of(datasets, rows.front().dataset);
        add_plots(context, rows, datasets.size() > before, section);
    });
    if (!section.plots.empty())
        section.text.push_back(fmt::format(
            "From the stored scores, at the largest finished label fraction: ROC curves under the plan's first "
            "protocol "
            "of each dataset, for the {} most frequent findings with at least {} positive and negative test images; "
            "reliability under every protocol. On the dotted diagonal a ROC curve is chance, and calibration is "
            "perfect.",
            most_findings, few_images));
    return section;
}

} // namespace mlvicx
