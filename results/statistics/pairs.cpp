#include "results/statistics/pairs.h"

#include "core/parallel.h"
#include "core/progress.h"
#include "results/statistics/delong.h"

#include <cmath>
#include <map>

namespace mlvicx {

namespace {

struct Images {
    ScoredImages scored;
    Clusters clusters;
    std::vector<std::vector<std::int8_t>> labels; ///< by class
};

/// For each class the AUC, averaged over seeds, with its influences; nullopt if undefined.
using Influences = std::vector<std::optional<AucInfluence>>;

Images read_images(Store& store, std::int64_t set) {
    Images images{store.image_set(set), {}, {}};
    images.clusters = clusters_of(images.scored.patients);
    const std::size_t classes = images.scored.classes.size();
    for (std::size_t c = 0; c < classes; ++c)
        images.labels.push_back(column_of<std::int8_t>(images.scored.labels, c, classes));
    return images;
}

Influences influences_of(Store& store, const Images& images, const GridCell& cell) {
    const std::size_t classes = images.labels.size();
    std::vector<std::vector<float>> seeds;
    for (const auto& run : cell.runs) seeds.push_back(store.scores(run.hash, images.scored));
    Influences mean(classes);
    parallel_for(classes, 0, [&](std::size_t c) {
        for (const auto& scores : seeds) {
            const auto column = column_of<float>(scores, c, classes);
            const auto influence = auc_influence(column, images.labels[c]);
            if (!influence) return; // depends only on the labels, so undefined for every seed
            if (!mean[c]) mean[c] = AucInfluence{0, std::vector<double>(column.size(), 0)};
            const double share = 1 / static_cast<double>(seeds.size());
            mean[c]->auc += share * influence->auc;
            for (std::size_t i = 0; i < column.size(); ++i) mean[c]->of_image[i] += share * influence->of_image[i];
        }
    });
    return mean;
}

std::vector<ClassPair> class_pairs(const Images& images, const Influences& a, const Influences& b) {
    std::vector<ClassPair> classes;
    std::vector<std::optional<double>> p;
    for (std::size_t c = 0; c < a.size(); ++c) {
        if (!a[c] || !b[c]) continue;
        std::vector<double> difference(a[c]->of_image);
        for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= b[c]->of_image[i];
        ClassPair pair{images.scored.classes[c], a[c]->auc, b[c]->auc, {}, {}, {}};
        if (const auto variance = auc_variance(difference, images.labels[c], images.clusters)) {
            pair.error = std::sqrt(*variance);
            pair.p = normal_p(pair.auc_a - pair.auc_b, *pair.error);
        }
        classes.push_back(pair);
        p.push_back(pair.p);
    }
    const auto corrected = holm(p);
    for (std::size_t c = 0; c < classes.size(); ++c) classes[c].holm = corrected[c];
    return classes;
}

struct Entry {
    const GridRow* row;
    const GridCell* cell;
};

MethodPair pair_of(const Entry& first, const Entry& second) {
    const auto &a = *first.cell, &b = *second.cell;
    MethodPair pair{*first.row,
                    first.row->task,
                    a.fraction,
                    first.row->method,
                    second.row->method,
                    a.main().value.count,
                    b.main().value.count,
                    a.test_images,
                    a.test_patients,
                    a.draws > 0 || b.draws > 0,
                    {},
                    {}};
    for (std::size_t k = 0; k < a.figures.size(); ++k) {
        const auto &of_a = a.figures[k], &of_b = b.figures[k];
        pair.figures.emplace_back();
        if (of_a.replicates.empty() || of_b.replicates.empty()) continue; // undefined in one of them
        pair.figures.back() = {of_a.value.mean,
                               of_b.value.mean,
                               paired_difference(of_a.value.mean, of_a.replicates, of_b.value.mean, of_b.replicates),
                               {}};
    }
    return pair;
}

/// Holm's correction over the pairs from index `first` on, metric by metric.
void correct(std::vector<MethodPair>& pairs, std::size_t first) {
    if (first == pairs.size()) return;
    for (std::size_t k = 0; k < pairs[first].figures.size(); ++k) {
        std::vector<std::optional<double>> p;
        for (std::size_t i = first; i < pairs.size(); ++i)
            p.push_back(pairs[i].figures[k] ? pairs[i].figures[k]->difference.p : std::nullopt);
        const auto corrected = holm(p);
        for (std::size_t i = first; i < pairs.size(); ++i)
            if (auto& figure = pairs[i].figures[k]) figure->holm = corrected[i - first];
    }
}

/// The pairs of one dataset, protocol and fraction.
void add_pairs(Store& store, std::map<std::int64_t, Images>& sets, const std::vector<Entry>& entries,
               std::vector<MethodPair>& pairs) {
    std::vector<Influences> influences(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto& [row, cell] = entries[i];
        if (row->task != Task::classification) continue; // DeLong's test needs scores
        if (!sets.contains(cell->image_set)) sets[cell->image_set] = read_images(store, cell->image_set);
        influences[i] = influences_of(store, sets[cell->image_set], *cell);
    }
    const std::size_t first = pairs.size();
    for (std::size_t i = 0; i < entries.size(); ++i)
        for (std::size_t j = i + 1; j < entries.size(); ++j) {
            if (entries[i].cell->image_set != entries[j].cell->image_set) continue;
            pairs.push_back(pair_of(entries[i], entries[j]));
            pairs.back().classes = class_pairs(sets[entries[i].cell->image_set], influences[i], influences[j]);
        }
    correct(pairs, first);
}

} // namespace

std::vector<MethodPair> method_pairs(Store& store, const std::vector<GridRow>& rows) {
    std::map<std::int64_t, Images> sets;
    std::vector<MethodPair> pairs;
    Progress progress("pairs of methods", std::ssize(rows), "rows");
    for_each_table(rows, [&](std::span<const GridRow> table) {
        std::map<double, std::vector<Entry>, FractionOrder> fractions;
        for (const auto& row : table)
            for (const auto& cell : row.cells)
                if (!row.apart && !cell.main().replicates.empty()) fractions[cell.fraction].push_back({&row, &cell});
        for (const auto& [fraction, entries] : fractions)
            if (entries.size() > 1) add_pairs(store, sets, entries, pairs);
        progress.advance(std::ssize(table));
    });
    return pairs;
}

} // namespace mlvicx
