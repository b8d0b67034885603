#include "results/pairs.h"

#include "core/parallel.h"
#include "core/progress.h"
#include "results/delong.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace mlvicx {

namespace {

struct Films {
    ScoredFilms scored;
    Clusters clusters;
    std::vector<std::vector<std::int8_t>> labels; ///< by class
};

/// For each class the AUC, mean over seeds, with its influences; nullopt where it is undefined.
using Influences = std::vector<std::optional<AucInfluence>>;

Films read_films(Store& store, std::int64_t set) {
    Films films{store.film_set(set), {}, {}};
    films.clusters = clusters_of(films.scored.patients);
    films.labels.resize(films.scored.classes.size());
    for (std::size_t i = 0; i < films.scored.labels.size(); ++i)
        films.labels[i % films.labels.size()].push_back(films.scored.labels[i]);
    return films;
}

Influences influences_of(Store& store, const Films& films, const GridCell& cell) {
    const std::size_t classes = films.labels.size();
    std::vector<std::vector<float>> seeds;
    for (const auto& hash : cell.hashes) seeds.push_back(store.scores(hash));
    Influences mean(classes);
    parallel_for(classes, 0, [&](std::size_t c) {
        for (const auto& scores : seeds) {
            std::vector<float> column;
            for (std::size_t i = c; i < scores.size(); i += classes) column.push_back(scores[i]);
            const auto influence = auc_influence(column, films.labels[c]);
            if (!influence) return; // by the labels, so for every seed
            if (!mean[c]) mean[c] = AucInfluence{0, std::vector<double>(column.size(), 0)};
            const double share = 1 / static_cast<double>(seeds.size());
            mean[c]->auc += share * influence->auc;
            for (std::size_t i = 0; i < column.size(); ++i) mean[c]->of_film[i] += share * influence->of_film[i];
        }
    });
    return mean;
}

std::vector<ClassPair> class_pairs(const Films& films, const Influences& a, const Influences& b) {
    std::vector<ClassPair> classes;
    std::vector<std::optional<double>> p;
    for (std::size_t c = 0; c < a.size(); ++c) {
        if (!a[c] || !b[c]) continue;
        std::vector<double> difference(a[c]->of_film);
        for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= b[c]->of_film[i];
        ClassPair pair{films.scored.classes[c], a[c]->auc, b[c]->auc, {}, {}, {}};
        if (const auto variance = auc_variance(difference, films.labels[c], films.clusters)) {
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

/// The pairs of one dataset, protocol and fraction.
void add_pairs(Store& store, std::map<std::int64_t, Films>& sets, const std::vector<Entry>& entries,
               std::vector<MethodPair>& pairs) {
    std::vector<Influences> influences;
    for (const auto& [row, cell] : entries) {
        if (!sets.contains(cell->film_set)) sets[cell->film_set] = read_films(store, cell->film_set);
        influences.push_back(influences_of(store, sets[cell->film_set], *cell));
    }
    const std::size_t first = pairs.size();
    std::vector<std::optional<double>> p;
    for (std::size_t i = 0; i < entries.size(); ++i)
        for (std::size_t j = i + 1; j < entries.size(); ++j) {
            const auto &a = *entries[i].cell, &b = *entries[j].cell;
            if (a.film_set != b.film_set) continue;
            MethodPair pair{entries[i].row->dataset,
                            entries[i].row->protocol,
                            a.fraction,
                            entries[i].row->method,
                            entries[j].row->method,
                            a.auc.count,
                            b.auc.count,
                            a.test_films,
                            a.test_patients,
                            a.draws > 0 || b.draws > 0,
                            a.auc.mean,
                            b.auc.mean,
                            {},
                            {},
                            {}};
            pair.difference = paired_difference(a.auc.mean, a.replicates, b.auc.mean, b.replicates);
            pair.classes = class_pairs(sets[a.film_set], influences[i], influences[j]);
            p.push_back(pair.difference.p);
            pairs.push_back(std::move(pair));
        }
    const auto corrected = holm(p);
    for (std::size_t k = 0; k < corrected.size(); ++k) pairs[first + k].holm = corrected[k];
}

} // namespace

std::vector<MethodPair> method_pairs(Store& store, const std::vector<GridRow>& rows) {
    std::map<std::int64_t, Films> sets;
    std::vector<MethodPair> pairs;
    Progress progress("pairs of methods", std::ssize(rows), "rows");
    for (auto begin = rows.begin(); begin != rows.end();) {
        const auto end = std::find_if(begin, rows.end(), [&](const GridRow& row) {
            return row.dataset != begin->dataset || row.protocol != begin->protocol;
        });
        std::map<std::pair<bool, double>, std::vector<Entry>> fractions; // numbers of films before shares
        for (auto row = begin; row != end; ++row)
            for (const auto& cell : row->cells)
                if (!cell.replicates.empty()) fractions[{cell.fraction <= 1, cell.fraction}].push_back({&*row, &cell});
        for (const auto& [fraction, entries] : fractions)
            if (entries.size() > 1) add_pairs(store, sets, entries, pairs);
        progress.advance(end - begin);
        begin = end;
    }
    return pairs;
}

} // namespace mlvicx
