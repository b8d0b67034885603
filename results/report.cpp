#include "results/report.h"

#include "core/error.h"
#include "core/files.h"
#include "results/health.h"
#include "results/localisation_figures.h"
#include "results/pairs.h"
#include "results/segmentation_report.h"
#include "results/table.h"
#include "results/text.h"
#include "results/variance.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace mlvicx {

namespace {

std::string low_of(const std::optional<Interval>& interval) {
    return interval ? csv_number(interval->low) : std::string();
}

std::string high_of(const std::optional<Interval>& interval) {
    return interval ? csv_number(interval->high) : std::string();
}

const GridCell* cell_at(const GridRow& row, double fraction) {
    const auto found = std::find_if(row.cells.begin(), row.cells.end(),
                                    [&](const GridCell& cell) { return cell.fraction == fraction; });
    return found == row.cells.end() ? nullptr : &*found;
}

/// "+3.1 points (+1.9 to +4.4, n = 3)", or why there is none.
std::string gap_of(const GridCell* method, const GridCell* random) {
    for (const auto* cell : {method, random}) {
        if (cell == nullptr) return "not in the plan";
        if (cell->auc.count == 0)
            return cell->left_out > 0 ? "left out" : cell->undefined > 0 ? "undefined" : "not finished";
    }
    std::string counts = method->auc.count == random->auc.count
                             ? fmt::format("n = {}", method->auc.count)
                             : fmt::format("n = {} and {}", method->auc.count, random->auc.count);
    if (method->draws > 0) counts += " pairs of seed and draw";
    std::string interval;
    if (method->film_set == random->film_set && method->interval && random->interval)
        if (const auto both = percentile_interval(difference_of(method->replicates, random->replicates)))
            interval = fmt::format("{:+.1f} to {:+.1f}, ", 100 * both->low, 100 * both->high);
    return fmt::format("{:+.1f} points ({}{})", 100 * (method->auc.mean - random->auc.mean), interval, counts);
}

} // namespace

std::string grid_text(const std::vector<GridRow>& rows) {
    if (rows.empty()) return "Nothing is evaluated in this experiment.\n";
    const auto tables = grid_tables(rows);
    std::string text;
    for (const auto& table : tables) text += (text.empty() ? "" : "\n") + table_text(table);
    const auto legend = grid_legend(tables);
    if (!legend.empty()) text += "\n" + fmt::format("{}\n", fmt::join(legend, "\n"));
    return text;
}

std::string grid_csv(const std::vector<GridRow>& rows) {
    std::string text = "dataset,protocol,method,fraction,train_films,auc_mean,auc_deviation,seeds,planned_seeds,"
                       "failed_seeds,undefined_seeds,defined_classes,classes,auc_low,auc_high,resamples,"
                       "test_films,test_patients,draws,left_out\n";
    for (const auto& row : rows)
        for (const auto& cell : row.cells) {
            const auto& auc = cell.auc;
            const auto given = [](bool known, double value) {
                return csv_number(known ? std::optional(value) : std::nullopt);
            };
            text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_field(row.dataset),
                                csv_field(row.protocol), csv_field(row.method), cell.fraction,
                                given(cell.train_films > 0, cell.train_films), given(auc.count > 0, auc.mean),
                                given(auc.count > 1, auc.deviation), auc.count, cell.planned, cell.failed,
                                cell.undefined, cell.least_defined, cell.classes, low_of(cell.interval),
                                high_of(cell.interval), cell.interval ? cell.interval->resamples : 0, cell.test_films,
                                cell.test_patients, cell.draws, cell.left_out);
        }
    return text;
}

std::string classes_csv(const std::vector<GridRow>& rows) {
    std::string text =
        "dataset,protocol,method,fraction,class,auc,auc_low,auc_high,resamples,seeds,positives,negatives,"
        "test_films,test_patients\n";
    for (const auto& row : rows)
        for (const auto& cell : row.cells)
            for (const auto& c : cell.classes_auc)
                text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_field(row.dataset),
                                    csv_field(row.protocol), csv_field(row.method), cell.fraction, csv_field(c.name),
                                    csv_number(c.auc), low_of(c.interval), high_of(c.interval),
                                    c.interval ? c.interval->resamples : 0, cell.auc.count, c.positives, c.negatives,
                                    cell.test_films, cell.test_patients);
    return text;
}

std::string gap_text(const std::vector<GridRow>& rows) {
    const auto tables = grid_tables(rows);
    std::string text;
    for (const auto& table : tables) {
        std::vector<const GridRow*> here;
        for (const auto& row : rows)
            if (row.protocol == "frozen" && row.dataset + ", frozen" == table.title) here.push_back(&row);
        if (here.empty()) continue;
        const auto& column = table.columns.back();
        text += fmt::format("{}, {} of the labels{}:\n", table.title, column.label,
                            column.films.empty() ? "" : " (" + column.films + ")");
        const auto random = std::find_if(here.begin(), here.end(), [](auto* row) { return row->method == "random"; });
        if (random == here.end()) {
            text += "  The plan has no control \"random\" to compare with.\n";
            continue;
        }
        std::size_t width = 0;
        for (const auto* row : here) width = std::max(width, text_width(row->method));
        for (const auto* row : here)
            if (row != *random)
                text += fmt::format("  {} - random = {}\n", padded(row->method, width),
                                    gap_of(cell_at(*row, column.fraction), cell_at(**random, column.fraction)));
    }
    return text;
}

std::string seeds_csv(Store& store, const std::string& experiment) {
    Statement query(
        store.db(),
        "SELECT x.dataset, c.protocol, x.method, c.fraction, c.seed, c.train_images, m.split, m.metric, m.class, "
        "m.value, m.positives, m.negatives, m.defined, c.hash, c.draw, " +
            pretraining_health +
            " FROM experiment_jobs x JOIN jobs c ON c.id = x.job_id "
            "JOIN metrics m ON m.job_id = c.id WHERE x.experiment_id = ? "
            "AND c.state = 'done' ORDER BY x.position, m.split, m.metric, m.position");
    query.bind(1, find_experiment(store, experiment));
    std::string text =
        "dataset,protocol,method,fraction,seed,train_films,split,metric,class,value,positives,negatives,defined,cell,"
        "draw,pretraining\n";
    while (query.step())
        text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_field(query.text(0)),
                            csv_field(query.text(1)), csv_field(query.text(2)), query.real(3), query.integer(4),
                            query.integer(5), query.text(6), query.text(7), csv_field(query.text(8)),
                            csv_number(query.maybe_real(9)), query.text(10), query.text(11), query.integer(12),
                            query.text(13), query.text(14), query.text(15));
    return text;
}

std::vector<std::filesystem::path> write_report(Store& store, const std::string& experiment,
                                                const std::vector<GridRow>& rows, const std::filesystem::path& prefix,
                                                bool all) {
    const auto named = [&](const char* ending) {
        auto file = prefix;
        file += ending;
        return file;
    };
    const auto pairs = method_pairs(store, rows);
    const auto segmentation = segmentation_report(store, experiment, all);
    std::vector<std::pair<std::filesystem::path, std::string>> files = {
        {named(".md"), report_markdown(store, experiment, rows, pairs, segmentation)},
        {named(".csv"), grid_csv(rows)},
        {named("-classes.csv"), classes_csv(rows)},
        {named("-pairs.csv"), pairs_csv(pairs)},
        {named("-seeds.csv"), seeds_csv(store, experiment)}};
    if (const auto variance = variance_csv(rows); !variance.empty())
        files.emplace_back(named("-variance.csv"), variance);
    if (const auto boxes = localisation(store, rows); !boxes.empty())
        files.emplace_back(named("-localisation.csv"), localisation_csv(boxes));
    if (!segmentation.rows.empty()) files.emplace_back(named("-segmentation.csv"), segmentation_csv(segmentation));
    if (!segmentation.pairs.empty())
        files.emplace_back(named("-segmentation-pairs.csv"), segmentation_pairs_csv(segmentation));
    std::vector<std::filesystem::path> written;
    for (const auto& [file, text] : files) {
        write_text(file, text);
        written.push_back(file);
    }
    return written;
}

} // namespace mlvicx
