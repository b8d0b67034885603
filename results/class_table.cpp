#include "results/class_table.h"

#include "results/intervals.h"

#include <algorithm>
#include <string_view>

namespace mlvicx {

namespace {

std::size_t place_of(std::string_view metric) {
    return static_cast<std::size_t>(std::find(class_metrics.begin(), class_metrics.end(), metric) -
                                    class_metrics.begin());
}

/// Values of several evaluations, for their means.
struct Gathered {
    ClassTable table;
    std::vector<std::array<std::vector<double>, class_metrics.size()>> values; ///< the mean over classes first

    void add(std::size_t row, std::size_t metric, const std::optional<double>& value) {
        if (values.size() <= row) values.resize(row + 1);
        if (value) values[row][metric].push_back(*value);
    }
    ClassTable summary() {
        for (std::size_t row = 0; row < values.size(); ++row) {
            auto& target = row == 0 ? table.mean : table.classes[row - 1];
            for (std::size_t metric = 0; metric < class_metrics.size(); ++metric)
                if (!values[row][metric].empty()) target.values[metric] = summarise(values[row][metric]).mean;
        }
        return std::move(table);
    }
};

/// The cell whose classes are shown: the largest fraction that has any evaluation.
const GridCell* shown_cell(const GridRow& row) {
    const auto cell =
        std::find_if(row.cells.rbegin(), row.cells.rend(), [](const GridCell& c) { return !c.hashes.empty(); });
    return cell == row.cells.rend() ? nullptr : &*cell;
}

} // namespace

ClassTable class_table(const CellResult& result) {
    ClassTable table;
    table.evaluations = 1;
    for (const auto& metric : result.test) {
        const auto place = place_of(metric.metric);
        if (place == class_metrics.size()) continue; // of heatmaps, perhaps
        if (table.classes.empty())
            for (const auto& c : metric.classes) table.classes.push_back({c.name, c.positives, c.negatives, {}, {}});
        table.mean.values[place] = metric.mean;
        for (std::size_t c = 0; c < metric.classes.size(); ++c)
            table.classes[c].values[place] = metric.classes[c].value;
    }
    if (!result.scored) return table;
    GridCell cell;
    const Resamples resamples(clusters_of(result.scored->patients), report_resamples);
    add_intervals({result.scores}, *result.scored, resamples, cell);
    table.mean.auc_interval = cell.interval;
    for (std::size_t c = 0; c < table.classes.size(); ++c) table.classes[c].auc_interval = cell.classes_auc[c].interval;
    return table;
}

std::vector<ClassTable> class_tables(Store& store, const std::vector<GridRow>& rows) {
    std::vector<ClassTable> tables;
    const std::string sql = "SELECT m.metric, m.position, m.class, m.value, m.positives, m.negatives FROM metrics m "
                            "JOIN jobs c ON c.id = m.job_id WHERE c.hash = ? AND m.split = 'test' "
                            "ORDER BY m.metric, m.position"; // auc comes first
    for (const auto& row : rows) {
        const GridCell* cell = shown_cell(row);
        if (cell == nullptr) continue;
        Gathered gathered;
        gathered.table = {row.dataset, row.protocol, row.method, cell->fraction, std::ssize(cell->hashes), {}, {}};
        auto& classes = gathered.table.classes;
        for (const auto& hash : cell->hashes) {
            Statement query(store.db(), sql);
            query.bind(1, hash);
            while (query.step()) {
                const auto place = place_of(query.text(0));
                const auto position = static_cast<std::size_t>(query.integer(1));
                if (place == class_metrics.size()) continue;
                if (position > classes.size()) classes.resize(position);
                if (position > 0 && place == 0)
                    classes[position - 1] = {query.text(2), query.integer(4), query.integer(5), {}, {}};
                gathered.add(position, place, query.maybe_real(3));
            }
        }
        auto table = gathered.summary();
        table.mean.auc_interval = cell->interval;
        for (std::size_t c = 0; c < std::min(table.classes.size(), cell->classes_auc.size()); ++c)
            table.classes[c].auc_interval = cell->classes_auc[c].interval;
        tables.push_back(std::move(table));
    }
    return tables;
}

} // namespace mlvicx
