#include "results/intervals.h"

#include "core/progress.h"
#include "results/metrics.h"

#include <map>

namespace mlvicx {

void add_intervals(const std::vector<std::vector<float>>& evaluations, const ScoredFilms& films,
                   const Resamples& resamples, GridCell& cell) {
    const std::size_t classes = films.classes.size();
    cell.test_films = static_cast<std::int64_t>(resamples.films());
    cell.test_patients = static_cast<std::int64_t>(resamples.clusters());
    std::vector<std::vector<Replicates>> of_class(classes); // one row for each seed
    std::vector<std::vector<double>> aucs(classes);
    for (const auto& scores : evaluations) {
        auto replicates = auc_replicates(resamples, scores, films.labels, classes);
        const auto table = auc_table(scores, films.labels, films.classes);
        cell.classes_auc.resize(classes);
        for (std::size_t c = 0; c < classes; ++c) {
            const auto& found = table.classes[c];
            cell.classes_auc[c] = {found.name, {}, {}, found.positives, found.negatives};
            if (!found.value) continue;
            of_class[c].push_back(std::move(replicates[c]));
            aucs[c].push_back(*found.value);
        }
    }
    std::vector<Replicates> means;
    for (std::size_t c = 0; c < classes; ++c) {
        if (aucs[c].empty()) continue;
        means.push_back(mean_of(of_class[c]));
        cell.classes_auc[c].auc = summarise(aucs[c]).mean;
        cell.classes_auc[c].interval = percentile_interval(means.back());
    }
    cell.replicates = mean_of(means);
    cell.interval = percentile_interval(cell.replicates);
}

void add_intervals(Store& store, std::vector<GridRow>& rows) {
    std::map<std::int64_t, std::vector<GridCell*>> by_set;
    std::int64_t count = 0;
    for (auto& row : rows)
        for (auto& cell : row.cells)
            if (cell.film_set != 0) {
                by_set[cell.film_set].push_back(&cell);
                count += std::ssize(cell.hashes);
            }
    Progress progress("intervals", count, "evaluations");
    for (const auto& [set, cells] : by_set) {
        const auto films = store.film_set(set);
        const Resamples resamples(clusters_of(films.patients), report_resamples);
        for (auto* cell : cells) {
            std::vector<std::vector<float>> evaluations;
            for (const auto& hash : cell->hashes) evaluations.push_back(store.scores(hash));
            add_intervals(evaluations, films, resamples, *cell);
            progress.advance(std::ssize(cell->hashes));
        }
    }
}

} // namespace mlvicx
