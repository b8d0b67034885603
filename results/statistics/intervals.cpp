#include "results/statistics/intervals.h"

#include "core/progress.h"
#include "results/metrics/segmentation.h"

#include <map>

namespace mlvicx {

namespace {

/// For one evaluation: [metrics that have intervals][classes].
using Resampled = std::vector<std::vector<Replicates>>;

Resampled of_scores(const std::vector<float>& scores, const TestSet& set) {
    return {auc_replicates(set.resamples, scores, set.images.labels, set.images.classes.size())};
}

Resampled of_pixels(Store& store, const std::string& hash, const TestSet& set) {
    const auto read = [&](const char* metric) { return store.image_values(hash, metric, set.images); };
    const PixelCounts counts{read("intersection"), read("predicted"), read("truth")};
    const std::size_t masks = set.images.classes.size();
    Resampled result;
    for (const auto metric : overlap_metrics) {
        result.emplace_back();
        for (std::size_t m = 0; m < masks; ++m) {
            const auto terms = overlap_terms(metric, counts, masks, m);
            result.back().push_back(ratio_replicates(set.resamples, terms.numerator, terms.denominator));
        }
    }
    return result;
}

void fill(const std::vector<Resampled>& evaluations, const TestSet& set, GridCell& cell) {
    cell.test_images = static_cast<std::int64_t>(set.resamples.images());
    cell.test_patients = static_cast<std::int64_t>(set.resamples.clusters());
    for (std::size_t metric = 0; metric < evaluations.front().size(); ++metric) {
        std::vector<Replicates> means;
        for (std::size_t c = 0; c < cell.classes.size(); ++c) {
            if (!cell.classes[c].values[metric]) continue;
            std::vector<Replicates> rows;
            for (const auto& evaluation : evaluations) rows.push_back(evaluation[metric].at(c));
            means.push_back(mean_of(rows));
            cell.classes[c].intervals[metric] = percentile_interval(means.back());
        }
        auto& figure = cell.figures[metric];
        figure.replicates = mean_of(means);
        figure.interval = percentile_interval(figure.replicates);
    }
}

} // namespace

void add_intervals(const std::vector<std::vector<float>>& evaluations, const TestSet& set, GridCell& cell) {
    std::vector<Resampled> resampled;
    for (const auto& scores : evaluations) resampled.push_back(of_scores(scores, set));
    fill(resampled, set, cell);
}

void add_intervals(Store& store, std::vector<GridRow>& rows) {
    struct Entry {
        Task task;
        GridCell* cell;
    };
    std::map<std::int64_t, std::vector<Entry>> by_set;
    std::int64_t count = 0;
    for (auto& row : rows)
        for (auto& cell : row.cells)
            if (cell.image_set != 0) {
                by_set[cell.image_set].push_back({row.task, &cell});
                count += std::ssize(cell.runs);
            }
    Progress progress("intervals", count, "evaluations");
    for (const auto& [id, entries] : by_set) {
        const TestSet set(store.image_set(id));
        for (const auto& [task, cell] : entries) {
            std::vector<Resampled> resampled;
            for (const auto& run : cell->runs)
                resampled.push_back(task == Task::segmentation ? of_pixels(store, run.hash, set)
                                                               : of_scores(store.scores(run.hash, set.images), set));
            fill(resampled, set, *cell);
            progress.advance(std::ssize(cell->runs));
        }
    }
}

} // namespace mlvicx
