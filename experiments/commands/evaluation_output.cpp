#include "experiments/commands/evaluation_output.h"

#include "core/files.h"
#include "results/report/class_table.h"
#include "results/report/csv.h"
#include "results/report/stamps.h"

#include <fmt/format.h>

#include <cstdio>

namespace mlvicx {

namespace {

std::string precise_percent(std::optional<double> value) {
    return value ? fmt::format("{:.2f}", 100 * *value) : "-";
}

/// Dice and IoU of each mask and their means.
void print_overlap(const JobResult& result) {
    std::vector<std::string> names;
    for (const auto& mask : result.test.front().classes) names.push_back(mask.name);
    std::printf("%-20s %9s %9s", "mask", "with it", "without");
    for (const auto& table : result.test) std::printf(" %14s", table.metric.c_str());
    for (std::size_t m = 0; m < names.size(); ++m) {
        const auto& mask = result.test.front().classes[m];
        std::printf("\n%-20s %9lld %9lld", names[m].c_str(), static_cast<long long>(mask.positives),
                    static_cast<long long>(mask.negatives));
        for (const auto& table : result.test) std::printf(" %14s", precise_percent(table.classes[m].value).c_str());
    }
    std::printf("\n%-40s", "mean over masks, in percent");
    for (const auto& table : result.test) std::printf(" %14s", precise_percent(table.mean).c_str());
    std::printf("\n%lld labelled images, %zu test images\n", static_cast<long long>(result.train_images),
                result.image_metrics.front().images.ids.size());
}

/// A line's image.
using Image = std::size_t;

CsvColumns<Image> named(const ScoredImages& images) {
    return {{"id", [&](Image i) { return images.ids[i]; }}, {"patient", [&](Image i) { return images.patients[i]; }}};
}

CsvColumns<Image> counts_of(const ImageMetrics& counts) {
    auto columns = named(counts.images);
    const std::size_t masks = counts.images.classes.size();
    for (std::size_t m = 0; m < masks; ++m)
        for (const auto& metric : counts.metrics)
            columns.push_back({counts.images.classes[m] + " " + metric.metric,
                               [&metric, masks, m](Image i) { return metric.values[i * masks + m]; }});
    return columns;
}

CsvColumns<Image> scores_of(const JobResult& result) {
    const ScoredImages& images = *result.scored;
    auto columns = named(images);
    const std::size_t classes = images.classes.size();
    for (std::size_t c = 0; c < classes; ++c) {
        columns.push_back(
            {images.classes[c] + " label", [&, classes, c](Image i) { return images.labels[i * classes + c]; }});
        columns.push_back(
            {images.classes[c] + " score", [&, classes, c](Image i) { return result.scores[i * classes + c]; }});
    }
    return columns;
}

} // namespace

void print_evaluation(const JobResult& result) {
    for (const auto& stamp : stamps_in(result.details)) std::printf("%s\n", stamp_legend(stamp).c_str());
    if (!result.scored) return print_overlap(result);
    std::printf("%s", evaluation_text(result).c_str());
    if (const auto* dead = result.details.if_contains("dead_features"); dead && dead->to_number<std::int64_t>() > 0)
        std::printf("%lld of %lld features vary only by rounding and count as constant\n", dead->to_number<long long>(),
                    result.details.at("features").to_number<long long>());
}

void write_scores(const std::filesystem::path& file, const JobResult& result) {
    const bool scored = result.scored.has_value();
    const std::size_t images = scored ? result.scored->ids.size() : result.image_metrics.front().images.ids.size();
    CsvText<Image> csv(scored ? scores_of(result) : counts_of(result.image_metrics.front()));
    for (Image i = 0; i < images; ++i) csv.add(i);
    write_text(file, csv.text());
}

} // namespace mlvicx
