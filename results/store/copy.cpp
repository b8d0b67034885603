#include "results/store/copy.h"

#include "core/error.h"
#include "core/files.h"
#include "core/suggest.h"

#include <fmt/ranges.h>

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

std::int64_t counted(Sqlite& db, const std::string& what) {
    Statement query(db, "SELECT count(*) FROM " + what);
    query.step();
    return query.integer(0);
}

/// Everything as it is now, in one file without a log.
void write_all(Sqlite& source, const fs::path& target) {
    Statement setting(source, "PRAGMA query_only");
    setting.step();
    const auto restore = fmt::format("PRAGMA query_only = {}", setting.integer(0));
    setting.run();
    source.run("PRAGMA query_only = OFF"); // else SQLite refuses to write the other file too
    try {
        Statement(source, "VACUUM INTO ?").bind(1, target.string()).run();
    } catch (...) {
        source.run(restore);
        throw;
    }
    source.run(restore);
}

void keep_experiment(Sqlite& db, const std::string& name) {
    Statement(db, "DELETE FROM experiments WHERE name <> ?").bind(1, name).run();
    db.run("DELETE FROM jobs WHERE id NOT IN (SELECT job_id FROM experiment_jobs)");
}

Copied prune(Sqlite& db, const CopyOptions& options) {
    Copied copied;
    Transaction transaction(db);
    if (!options.experiment.empty()) keep_experiment(db, options.experiment);
    for (const auto& name : options.without) {
        std::vector<std::string> rows;
        for (const auto& table : left_out(name).tables) rows.push_back("SELECT DISTINCT job_id FROM " + table);
        copied.jobs_without[name] = counted(db, fmt::format("({})", fmt::join(rows, " UNION ")));
        for (const auto& table : left_out(name).tables) db.run("DELETE FROM " + table);
    }
    db.run("UPDATE jobs SET state = 'missing', owner = NULL, lease_until = NULL, started_at = NULL "
           "WHERE state = 'running'");
    // Images that nothing refers to any more.
    db.run("DELETE FROM image_sets WHERE id NOT IN (SELECT set_id FROM scores UNION SELECT set_id FROM image_values)");
    copied.experiments = counted(db, "experiments");
    copied.jobs = counted(db, "jobs");
    copied.done = counted(db, "jobs WHERE state = 'done'");
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
    std::error_code error;
    if (fs::exists(target, error)) user_error("{}: exists already, expected a new name", target.string());
    require_writable_folder(target.has_parent_path() ? target.parent_path() : fs::path("."));
    const fs::path partial = partial_name(target);
    Copied copied;
    try {
        write_all(source.db(), partial);
        Sqlite db(partial);
        copied = prune(db, options);
        db.run("VACUUM; PRAGMA journal_mode = DELETE");
    } catch (...) {
        for (const char* suffix : {"", "-journal", "-wal", "-shm"}) fs::remove(partial.string() + suffix, error);
        throw;
    }
    fs::rename(partial, target, error);
    if (error) {
        const std::string why = error.message();
        fs::remove(partial, error);
        user_error("{}: cannot be written: {}", target.string(), why);
    }
    return copied;
}

} // namespace mlvicx
