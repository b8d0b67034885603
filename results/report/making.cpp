#include "results/report/making.h"

#include "core/progress.h"

#include <fmt/format.h>

namespace mlvicx {

namespace {

/// Test images of each class or mask of a job, taken from one of its metrics.
void add_counts(Store& store, std::int64_t job, const char* metric, Table& table) {
    Statement classes(store.db(), "SELECT class, positives, negatives FROM metrics WHERE job_id = ? "
                                  "AND split = 'test' AND metric = ? AND position > 0 ORDER BY position");
    classes.bind(1, job).bind(2, std::string(metric));
    while (classes.step())
        table.lines.push_back(
            {classes.text(0), {fmt::format("{}", classes.integer(1)), fmt::format("{}", classes.integer(2))}});
}

/// The distinct values of a column of the finished jobs, separated by commas; empty if there are none.
std::string distinct(Store& store, std::int64_t experiment, const std::string& column) {
    Statement query(store.db(), "SELECT DISTINCT c." + column +
                                    " FROM experiment_jobs x JOIN jobs c ON c.id = x.job_id "
                                    "WHERE x.experiment_id = ? AND c.state = 'done' AND c." +
                                    column + " IS NOT NULL ORDER BY 1");
    query.bind(1, experiment);
    std::string values;
    while (query.step()) values += (values.empty() ? "" : ", ") + query.text(0);
    return values;
}

} // namespace

std::vector<Table> dataset_tables(Store& store, std::int64_t experiment) {
    Statement sets(store.db(),
                   "SELECT x.dataset, c.dataset_fingerprint, "
                   "min(CASE WHEN coalesce(p.task, '') <> 'segmentation' THEN c.id END), "
                   "max((SELECT f.images FROM scores s JOIN image_sets f ON f.id = s.set_id WHERE s.job_id = c.id)), "
                   "min(CASE WHEN p.task = 'segmentation' THEN c.id END) "
                   "FROM experiment_jobs x JOIN jobs c ON c.id = x.job_id LEFT JOIN protocols p ON p.name = c.protocol "
                   "WHERE x.experiment_id = ? "
                   "AND c.state = 'done' AND c.kind = 'evaluate' GROUP BY 1, 2 ORDER BY min(x.position)");
    sets.bind(1, experiment);
    std::vector<Table> tables;
    while (sets.step()) {
        Table table;
        table.right = true;
        table.caption = fmt::format("Fingerprint `{}`", sets.text(1));
        if (sets.integer(3) > 0) table.caption += fmt::format(", {} test images", sets.integer(3));
        table.caption += ".";
        if (const auto job = sets.integer(2); job != 0) {
            tables.push_back(table);
            tables.back().head = "class";
            tables.back().title = sets.text(0);
            tables.back().columns = {{"positive test images", ""}, {"negative test images", ""}};
            add_counts(store, job, "auc", tables.back());
        }
        if (const auto job = sets.integer(4); job != 0) {
            tables.push_back(table);
            tables.back().head = "mask";
            tables.back().title = sets.text(0) + ", masks";
            tables.back().columns = {{"test images with it", ""}, {"test images without", ""}};
            add_counts(store, job, "dice", tables.back());
        }
    }
    return tables;
}

std::vector<std::pair<std::string, std::string>> making(Store& store, std::int64_t experiment) {
    std::vector<std::pair<std::string, std::string>> facts;
    for (const auto& [name, column] : {std::pair{"mlvicx-bench", "suite_version"},
                                       {"git commit", "git_commit"},
                                       {"LibTorch", "libtorch_version"},
                                       {"device", "device"},
                                       {"host", "host"},
                                       {"seeds", "seed"}})
        if (auto values = distinct(store, experiment, column); !values.empty())
            facts.emplace_back(name, std::move(values));
    Statement times(store.db(), "SELECT coalesce(sum(c.seconds), 0), min(c.started_at), max(c.finished_at) FROM jobs c "
                                "WHERE c.state = 'done' AND c.id IN "
                                "(SELECT job_id FROM experiment_jobs WHERE experiment_id = ?)");
    times.bind(1, experiment).step();
    facts.emplace_back("time, all jobs together", duration_text(times.real(0)));
    if (!times.text(1).empty()) facts.emplace_back("from, to", times.text(1) + ", " + times.text(2));
    return facts;
}

} // namespace mlvicx
