#include "results/segmentation_report.h"

#include "core/error.h"
#include "core/progress.h"
#include "results/health.h"
#include "results/intervals.h"
#include "results/order.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace mlvicx {

namespace {

/// The films behind the counts of some cells, resampled once for all of them.
struct TestFilms {
    ScoredFilms scored;
    Resamples resamples;
    explicit TestFilms(ScoredFilms films)
        : scored(std::move(films)), resamples(clusters_of(scored.patients), report_resamples) {}
};

/// A finished cell's pixels with the id of their films.
struct StoredCounts {
    std::int64_t set = 0;
    PixelCounts pixels;
};

StoredCounts counts_of(Store& store, const std::string& hash) {
    StoredCounts counts;
    const auto read = [&](const char* metric) {
        auto found = store.film_values(hash, metric);
        ensure(found.has_value(), "a finished segmentation has its pixel counts");
        counts.set = found->set;
        return std::move(found->values);
    };
    counts.pixels = {read("intersection"), read("predicted"), read("truth")};
    return counts;
}

/// The figures of the evaluations, of each a table a metric.
void add_values(const std::vector<std::vector<MetricTable>>& runs, SegmentationCell& cell) {
    for (std::size_t k = 0; k < overlap_metrics.size(); ++k) {
        std::vector<double> values;
        auto& figure = cell.figures[k];
        for (const auto& tables : runs) {
            if (!tables[k].mean) continue;
            figure.least_defined =
                values.empty() ? tables[k].defined : std::min(figure.least_defined, tables[k].defined);
            values.push_back(*tables[k].mean);
        }
        figure.value = summarise(values);
    }
}

/// Each mask's figures with their intervals, and the intervals of the means, all evaluations on the same films.
void add_intervals(const TestFilms& films, const std::vector<PixelCounts>& runs, SegmentationCell& cell) {
    const auto& names = films.scored.classes;
    cell.test_films = static_cast<std::int64_t>(films.resamples.films());
    cell.test_patients = static_cast<std::int64_t>(films.resamples.clusters());
    cell.masks.resize(names.size());
    std::array<std::vector<Replicates>, overlap_metrics.size()> of_masks;
    for (std::size_t m = 0; m < names.size(); ++m) {
        auto& mask = cell.masks[m];
        mask.name = names[m];
        for (std::size_t i = m; i < runs.front().truth.size(); i += names.size())
            ++(runs.front().truth[i] > 0 ? mask.positives : mask.negatives);
        for (std::size_t k = 0; k < overlap_metrics.size(); ++k) {
            std::vector<double> values;
            std::vector<Replicates> replicates;
            for (const auto& counts : runs) {
                const auto terms = overlap_terms(overlap_metrics[k], counts, names.size(), m);
                if (const auto value = ratio_of(terms)) {
                    values.push_back(*value);
                    replicates.push_back(ratio_replicates(films.resamples, terms.numerator, terms.denominator));
                }
            }
            if (values.empty()) continue;
            mask.values[k] = summarise(values).mean;
            of_masks[k].push_back(mean_of(replicates));
            mask.intervals[k] = percentile_interval(of_masks[k].back());
        }
    }
    for (std::size_t k = 0; k < overlap_metrics.size(); ++k) {
        cell.figures[k].replicates = mean_of(of_masks[k]);
        cell.figures[k].interval = percentile_interval(cell.figures[k].replicates);
    }
}

} // namespace

bool is_segmentation(const std::string& protocol) {
    return protocol == "segmentation_frozen" || protocol == "segmentation_finetuned";
}

SegmentationReport segmentation_report(Store& store, const std::string& experiment, bool all) {
    Statement query(store.db(),
                    "SELECT x.dataset, c.protocol, x.method, c.fraction, c.state, c.train_images, c.hash, " +
                        pretraining_health +
                        " FROM experiment_jobs x JOIN jobs c ON c.id = x.job_id WHERE x.experiment_id = ? "
                        "ORDER BY x.position");
    query.bind(1, find_experiment(store, experiment));
    struct Gathered {
        SegmentationCell cell;
        std::vector<double> films;
    };
    std::vector<std::string> datasets, protocols, methods;
    using Key = std::tuple<std::size_t, std::size_t, std::size_t>;
    std::map<Key, std::map<std::pair<bool, double>, Gathered>> rows; // numbers of films before shares
    while (query.step()) {
        if (!is_segmentation(query.text(1))) continue;
        const Key key{order_of(datasets, query.text(0)), order_of(protocols, query.text(1)),
                      order_of(methods, query.text(2))};
        const double fraction = query.real(3);
        auto& [cell, films] = rows[key][{fraction <= 1, fraction}];
        cell.fraction = fraction;
        ++cell.planned;
        if (query.text(4) == "failed") ++cell.failed;
        if (query.text(4) != "done") continue;
        if (!all && left_out_of_tables(query.text(7))) {
            ++cell.left_out;
            continue;
        }
        cell.not_learned = cell.not_learned || marked_in_tables(query.text(7));
        films.push_back(query.real(5));
        cell.hashes.push_back(query.text(6));
    }
    std::map<std::int64_t, TestFilms> film_sets;
    const auto films_of = [&](std::int64_t set) -> const TestFilms& {
        const auto found = film_sets.find(set);
        return found != film_sets.end() ? found->second : film_sets.emplace(set, store.film_set(set)).first->second;
    };
    SegmentationReport report;
    Progress progress("intervals of masks", std::ssize(rows), "rows");
    for (auto& [key, cells] : rows) {
        const auto [dataset, protocol, method] = key;
        report.rows.push_back({datasets[dataset], protocols[protocol], methods[method], {}});
        for (auto& [order, gathered] : cells) {
            auto& [cell, films] = gathered;
            std::vector<PixelCounts> counts;
            std::vector<std::int64_t> sets;
            std::vector<std::vector<MetricTable>> tables;
            for (const auto& hash : cell.hashes) {
                auto stored = counts_of(store, hash);
                sets.push_back(stored.set);
                tables.push_back(segmentation_tables(stored.pixels, films_of(stored.set).scored.classes));
                counts.push_back(std::move(stored.pixels));
            }
            cell.train_films = summarise(films).mean;
            add_values(tables, cell);
            if (!sets.empty() && std::count(sets.begin(), sets.end(), sets.front()) == std::ssize(sets)) {
                cell.film_set = sets.front();
                add_intervals(films_of(cell.film_set), counts, cell);
            }
            report.rows.back().cells.push_back(std::move(cell));
        }
        progress.advance();
    }
    report.pairs = segmentation_pairs(report.rows);
    return report;
}

} // namespace mlvicx
