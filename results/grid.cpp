#include "results/report.h"

#include "core/error.h"
#include "core/suggest.h"
#include "results/health.h"
#include "results/intervals.h"
#include "results/order.h"
#include "results/segmentation_report.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace mlvicx {

namespace {

/// Evaluations of one grid cell as they are read.
struct Gathered {
    GridCell cell;
    std::vector<double> films;
    std::vector<std::int64_t> sets; ///< film set of each value; 0 where its scores are missing
    std::set<std::int64_t> seeds, draws;

    GridCell summary() const {
        GridCell result = cell;
        result.auc = summarise(result.values);
        result.seeds = std::ssize(seeds);
        result.draws = std::ssize(draws);
        const bool one = !sets.empty() && std::count(sets.begin(), sets.end(), sets.front()) == std::ssize(sets);
        result.film_set = one ? sets.front() : 0;
        result.train_films = summarise(films).mean;
        return result;
    }
};

} // namespace

std::vector<std::string> experiment_names(Store& store) {
    Statement query(store.db(), "SELECT name FROM experiments GROUP BY name ORDER BY max(turn) DESC");
    std::vector<std::string> names;
    while (query.step()) names.push_back(query.text(0));
    return names;
}

std::int64_t find_experiment(Store& store, const std::string& name) {
    Statement query(store.db(), "SELECT id FROM experiments WHERE name = ?1 OR ?1 = '' ORDER BY turn DESC LIMIT 1");
    if (query.bind(1, name).step()) return query.integer(0);
    const auto names = experiment_names(store);
    const std::string file = store.db().file().string();
    if (names.empty()) user_error("{}: holds no experiment yet", file);
    user_error("{}: has no experiment \"{}\", expected one of: {}{}", file, name, fmt::join(names, ", "),
               did_you_mean(name, names));
}

std::vector<double> seed_means(const GridCell& cell) {
    std::map<std::int64_t, std::vector<double>> seeds;
    for (std::size_t i = 0; i < cell.values.size(); ++i) seeds[cell.runs[i].seed].push_back(cell.values[i]);
    std::vector<double> means;
    for (const auto& [seed, values] : seeds) means.push_back(summarise(values).mean);
    return means;
}

std::vector<GridRow> grid(Store& store, const std::string& experiment, bool all) {
    Statement query(store.db(),
                    "SELECT x.dataset, c.protocol, x.method, c.fraction, c.state, c.train_images, m.value, m.defined, "
                    "(SELECT count(*) FROM metrics k WHERE k.job_id = c.id AND k.split = 'test' AND k.metric = 'auc' "
                    "AND k.position > 0), c.hash, (SELECT s.set_id FROM scores s WHERE s.job_id = c.id), "
                    "c.seed, c.draw, " +
                        pretraining_health +
                        " FROM experiment_jobs x JOIN jobs c ON c.id = x.job_id LEFT JOIN metrics m ON m.job_id = c.id "
                        "AND m.split = 'test' AND m.metric = 'auc' AND m.position = 0 "
                        "WHERE x.experiment_id = ? AND c.kind = 'evaluate' ORDER BY x.position");
    query.bind(1, find_experiment(store, experiment));
    std::vector<std::string> datasets, protocols, methods;
    using RowKey = std::tuple<std::size_t, std::size_t, std::size_t>;
    std::map<RowKey, std::map<std::pair<bool, double>, Gathered>> rows; // numbers of films before shares
    while (query.step()) {
        if (is_segmentation(query.text(1))) continue;
        const RowKey key{order_of(datasets, query.text(0)), order_of(protocols, query.text(1)),
                         order_of(methods, query.text(2))};
        const double fraction = query.real(3);
        auto& gathered = rows[key][{fraction <= 1, fraction}];
        auto& cell = gathered.cell;
        cell.fraction = fraction;
        ++cell.planned;
        gathered.seeds.insert(query.integer(11));
        if (const auto draw = query.maybe_integer(12)) gathered.draws.insert(*draw);
        if (query.text(4) == "failed") ++cell.failed;
        if (query.text(4) != "done") continue;
        if (!all && left_out_of_tables(query.text(13))) {
            ++cell.left_out;
            continue;
        }
        gathered.films.push_back(query.real(5));
        const auto value = query.maybe_real(6);
        if (!value) {
            ++cell.undefined;
            continue;
        }
        cell.not_learned = cell.not_learned || marked_in_tables(query.text(13));
        const auto defined = query.integer(7);
        cell.least_defined = cell.values.empty() ? defined : std::min(cell.least_defined, defined);
        cell.classes = query.integer(8);
        cell.values.push_back(*value);
        cell.runs.push_back({query.integer(11), query.maybe_integer(12)});
        cell.hashes.push_back(query.text(9));
        gathered.sets.push_back(query.integer(10)); // NULL: 0
    }
    std::vector<GridRow> result;
    for (const auto& [key, cells] : rows) {
        const auto [dataset, protocol, method] = key;
        result.push_back({datasets[dataset], protocols[protocol], methods[method], {}});
        for (const auto& [order, gathered] : cells) result.back().cells.push_back(gathered.summary());
    }
    add_intervals(store, result);
    return result;
}

} // namespace mlvicx
