#include "results/statistics/grid.h"

#include "results/metrics/classification.h"
#include "results/metrics/segmentation.h"
#include "results/report/health.h"
#include "results/statistics/intervals.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace mlvicx {

namespace {

/// Evaluations of one grid cell while they are read.
struct Gathered {
    GridCell cell;
    std::vector<std::vector<MetricTable>> tables;
    std::vector<double> images;
    std::vector<std::int64_t> sets; ///< image set of each run; 0 if it has none
    std::set<std::int64_t> seeds, draws;

    GridCell summary(Task task) {
        add_figures(tables, task, cell);
        cell.seeds = std::ssize(seeds);
        cell.draws = std::ssize(draws);
        const bool one = !sets.empty() && std::count(sets.begin(), sets.end(), sets.front()) == std::ssize(sets);
        cell.image_set = one ? sets.front() : 0;
        cell.train_images = summarise(images).mean;
        return std::move(cell);
    }
};

void widen(GridCell& cell, const MetricTable& table, std::size_t metrics) {
    for (auto c = cell.classes.size(); c < table.classes.size(); ++c) {
        const auto& found = table.classes[c];
        cell.classes.push_back({found.name, found.positives, found.negatives, {}, {}});
        cell.classes.back().values.resize(metrics);
        cell.classes.back().intervals.resize(metrics);
    }
}

/// Gives each row the stamps of all figures of its table.
void stamp_tables(std::vector<GridRow>& rows) {
    for (auto& row : rows)
        for (const auto& other : rows)
            if (row.same_table(other))
                for (const auto& cell : other.cells) row.stamps = united(row.stamps, cell.stamps);
}

} // namespace

const std::vector<std::string>& metrics_of(Task task) {
    static const std::vector<std::string> classification = [] {
        std::vector<std::string> names;
        for (const auto& metric : classification_metrics()) names.emplace_back(metric.name);
        return names;
    }();
    static const std::vector<std::string> segmentation(overlap_metrics.begin(), overlap_metrics.end());
    return task == Task::segmentation ? segmentation : classification;
}

void add_figures(const std::vector<std::vector<MetricTable>>& evaluations, Task task, GridCell& cell) {
    const auto& metrics = metrics_of(task);
    cell.figures.resize(metrics.size());
    for (std::size_t m = 0; m < metrics.size(); ++m) {
        auto& figure = cell.figures[m];
        std::vector<std::vector<double>> of_class;
        for (const auto& tables : evaluations) {
            const auto* table = find_metric(tables, metrics[m]);
            if (table == nullptr) continue;
            widen(cell, *table, metrics.size());
            of_class.resize(cell.classes.size());
            for (std::size_t c = 0; c < table->classes.size(); ++c)
                if (const auto& value = table->classes[c].value) of_class[c].push_back(*value);
            if (!table->mean) continue;
            figure.least_defined =
                figure.values.empty() ? table->defined : std::min(figure.least_defined, table->defined);
            figure.values.push_back(*table->mean);
        }
        figure.value = summarise(figure.values);
        for (std::size_t c = 0; c < of_class.size(); ++c)
            if (!of_class[c].empty()) cell.classes[c].values[m] = summarise(of_class[c]).mean;
    }
}

std::vector<double> seed_means(const GridCell& cell) {
    std::map<std::int64_t, std::vector<double>> seeds;
    for (std::size_t i = 0; i < cell.runs.size(); ++i) seeds[cell.runs[i].seed].push_back(cell.main().values[i]);
    std::vector<double> means;
    for (const auto& [seed, values] : seeds) means.push_back(summarise(values).mean);
    return means;
}

std::string fraction_label(double fraction) {
    return fraction > 1 ? fmt::format("{:g} images", fraction) : fmt::format("{:g} %", 100 * fraction);
}

std::vector<GridRow> compared_rows(const std::vector<GridRow>& rows) {
    std::vector<GridRow> compared;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(compared), [](const GridRow& row) { return !row.apart; });
    return compared;
}

std::vector<GridRow> grid(Store& store, const std::string& experiment, bool all, Task task) {
    Statement query(store.db(),
                    "SELECT x.dataset, c.protocol, x.method, x.control, c.fraction, c.state, c.train_images, c.hash, "
                    "c.seed, c.draw, coalesce((SELECT s.set_id FROM scores s WHERE s.job_id = c.id), (SELECT v.set_id "
                    "FROM image_values v WHERE v.job_id = c.id AND v.metric = 'truth')), " +
                        pretraining_health +
                        ", json_extract(c.details, '$.stamps'), json_extract(c.config, '$.control') "
                        "FROM experiment_jobs x JOIN jobs c ON c.id = x.job_id "
                        "WHERE x.experiment_id = ? AND c.kind = 'evaluate' ORDER BY x.position");
    query.bind(1, store.find_experiment(experiment));
    const auto known = store.protocols();
    std::vector<std::string> datasets, protocols, methods;
    struct Row {
        GridRow row;
        std::map<double, Gathered, FractionOrder> cells;
    };
    std::map<std::tuple<std::size_t, std::size_t, std::size_t>, Row> rows;
    while (query.step()) {
        const auto protocol = protocol_of(known, query.text(1));
        if (protocol.task != task) continue;
        const auto dataset = query.text(0), method = query.text(2);
        auto& [row, cells] =
            rows[{order_of(datasets, dataset), order_of(protocols, protocol.name), order_of(methods, method)}];
        row = {
            {dataset, protocol.name, protocol.label}, method, task, query.integer(3) != 0, {}, !query.text(13).empty()};
        auto& gathered = cells[query.real(4)];
        auto& cell = gathered.cell;
        cell.fraction = query.real(4);
        ++cell.planned;
        gathered.seeds.insert(query.integer(8));
        if (const auto draw = query.maybe_integer(9)) gathered.draws.insert(*draw);
        if (query.text(5) == "failed") ++cell.failed;
        if (query.text(5) != "done") continue;
        if (!all && left_out_of_tables(query.text(11))) {
            ++cell.left_out;
            continue;
        }
        gathered.images.push_back(query.real(6));
        auto tables = store.metrics(query.text(7), "test", metrics_of(task));
        const auto* main = find_metric(tables, metrics_of(task).front());
        if (main == nullptr || !main->mean) {
            ++cell.undefined;
            continue;
        }
        cell.not_learned = cell.not_learned || marked_in_tables(query.text(11));
        cell.stamps = united(cell.stamps, stamps_from(query.text(12)));
        cell.runs.push_back({query.text(7), query.integer(8), query.maybe_integer(9)});
        gathered.tables.push_back(std::move(tables));
        gathered.sets.push_back(query.integer(10)); // NULL: 0
    }
    std::vector<GridRow> result;
    for (auto& [key, found] : rows) {
        for (auto& [fraction, gathered] : found.cells) found.row.cells.push_back(gathered.summary(task));
        result.push_back(std::move(found.row));
    }
    stamp_tables(result);
    add_intervals(store, result);
    return result;
}

} // namespace mlvicx
