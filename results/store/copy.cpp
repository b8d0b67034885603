#include "results/store/copy.h"

#include "core/error.h"
#include "core/suggest.h"
#include "results/store/new_file.h"
#include "results/store/transfer.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

const LeftOut& left_out(const std::string& name) {
    std::vector<std::string> names;
    for (const auto& item : left_out_by_name()) {
        if (item.name == name) return item;
        names.emplace_back(item.name);
    }
    user_error("--without has \"{}\", expected one of: {}{}", name, fmt::join(names, ", "), did_you_mean(name, names));
}

std::vector<std::int64_t> ids(Sqlite& db, const std::string& what, const std::string& experiment) {
    Statement query(db, "SELECT id FROM " + what + " ORDER BY id");
    query.bind(1, experiment);
    std::vector<std::int64_t> found;
    while (query.step()) found.push_back(query.integer(0));
    return found;
}

/// How many of the jobs have rows in one of the tables.
std::int64_t jobs_with(Sqlite& db, const std::vector<std::string>& tables, const std::vector<std::int64_t>& jobs) {
    std::vector<std::string> rows;
    for (const auto& table : tables) rows.push_back("SELECT job_id FROM " + table + " WHERE job_id = ?1");
    Statement query(db, fmt::format("SELECT EXISTS ({})", fmt::join(rows, " UNION ALL ")));
    return std::count_if(jobs.begin(), jobs.end(), [&](std::int64_t job) {
        query.bind(1, job).step();
        const bool any = query.integer(0) != 0;
        query.run();
        return any;
    });
}

Copied copy_into(Sqlite& source, Sqlite& target, const CopyOptions& options) {
    std::vector<std::string> tables;
    for (const auto& name : options.without)
        tables.insert(tables.end(), left_out(name).tables.begin(), left_out(name).tables.end());
    const Transaction snapshot(source, false);
    Transaction transaction(target);
    Transfer transfer(source, target, tables);
    const auto experiments = ids(source, "experiments WHERE name = ?1 OR ?1 = ''", options.experiment);
    const auto jobs = ids(source,
                          "jobs WHERE ?1 = '' OR id IN (SELECT x.job_id FROM experiment_jobs x JOIN experiments e ON "
                          "e.id = x.experiment_id WHERE e.name = ?1)",
                          options.experiment);
    transfer.protocols();
    for (const auto job : jobs) transfer.job(job);
    for (const auto experiment : experiments) transfer.experiment(experiment);
    Copied copied{std::ssize(experiments), std::ssize(jobs), 0, {}};
    for (const auto& name : options.without) copied.jobs_without[name] = jobs_with(source, left_out(name).tables, jobs);
    Statement done(target, "SELECT count(*) FROM jobs WHERE state = 'done'");
    done.step();
    copied.done = done.integer(0);
    done.run();
    transaction.commit();
    return copied;
}

} // namespace

const std::vector<LeftOut>& left_out_by_name() {
    static const std::vector<LeftOut> all = {
        {"scores",
         {"scores", "image_values"},
         "intervals, tests between methods, heatmaps against boxes, and checks of the metrics"},
        {"curves", {"curves"}, "training curves"},
        {"pictures", {"pictures"}, "pictures"},
    };
    return all;
}

std::vector<std::string> kinds_left_out_by_copies() {
    std::vector<std::string> kinds;
    for (const auto& item : left_out_by_name()) kinds.insert(kinds.end(), item.tables.begin(), item.tables.end());
    return kinds;
}

Copied copy_results(Store& source, const fs::path& target, const CopyOptions& options) {
    for (const auto& name : options.without) left_out(name);
    if (!options.experiment.empty()) source.find_experiment(options.experiment);
    Copied copied;
    write_new(target, [&](Store& copy) { copied = copy_into(source.db(), copy.db(), options); });
    return copied;
}

} // namespace mlvicx
