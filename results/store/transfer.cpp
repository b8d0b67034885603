#include "results/store/transfer.h"

#include "core/error.h"
#include "core/progress.h"
#include "results/store/own_schema.h"
#include "results/store/schema.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace mlvicx {

namespace {

std::vector<std::string> names(Sqlite& db, const std::string& sql, const std::string& about = {}) {
    Statement query(db, sql);
    if (!about.empty()) query.bind(1, about);
    std::vector<std::string> found;
    while (query.step()) found.push_back(query.text(0));
    return found;
}

/// Inserts the rows of `query` into a table, after the columns of `first` with their fixed values.
void insert_rows(Sqlite& to, const std::string& table, const std::vector<std::pair<std::string, std::int64_t>>& first,
                 const std::vector<std::string>& columns, Statement& query) {
    std::vector<std::string> all, places;
    for (const auto& [column, value] : first) all.push_back(column);
    all.insert(all.end(), columns.begin(), columns.end());
    places.assign(all.size(), "?");
    Statement insert(
        to, fmt::format("INSERT INTO {} ({}) VALUES ({})", table, fmt::join(all, ", "), fmt::join(places, ", ")));
    while (query.step()) {
        int place = 0;
        for (const auto& [column, value] : first) insert.bind(++place, value);
        for (int i = 0; i < static_cast<int>(columns.size()); ++i) insert.bind_column(++place, query, i);
        insert.run();
    }
}

std::int64_t last_id(Sqlite& db) {
    Statement query(db, "SELECT last_insert_rowid()");
    query.step();
    return query.integer(0);
}

} // namespace

const std::vector<std::string>& tables_of_jobs() {
    static const auto tables = [] {
        Sqlite empty = Sqlite::in_memory(); // a file may have tables of its user's that refer to jobs
        empty.run(latest_schema_sql());
        return names(empty, "SELECT m.name FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = "
                            "'table' AND f.\"table\" = 'jobs' AND m.name <> 'experiment_jobs' ORDER BY m.name");
    }();
    return tables;
}

std::vector<std::string> content_columns(Sqlite& db, const std::string& table) {
    return names(db,
                 "SELECT name FROM pragma_table_info(?1) WHERE name <> 'id' AND name NOT IN "
                 "(SELECT \"from\" FROM pragma_foreign_key_list(?1)) ORDER BY cid",
                 table);
}

Transfer::Transfer(Sqlite& from, Sqlite& to, const std::vector<std::string>& without) : from_(from), to_(to) {
    if (const auto others = users_tables(from, latest_schema_sql()); !others.empty())
        say("{}: not copied, as mlvicx-bench did not make them: {}", from.file().string(), fmt::join(others, ", "));
    for (const auto& table : tables_of_jobs()) {
        if (std::find(without.begin(), without.end(), table) != without.end()) continue;
        const auto referring = names(from, "SELECT \"from\" FROM pragma_foreign_key_list(?1)", table);
        belonging_.push_back({table, content_columns(from, table),
                              std::find(referring.begin(), referring.end(), "set_id") != referring.end()});
    }
}

std::int64_t Transfer::job(std::int64_t id) {
    const auto columns = content_columns(from_, "jobs");
    Statement row(from_, fmt::format("SELECT {} FROM jobs WHERE id = ?", fmt::join(columns, ", ")));
    row.bind(1, id);
    insert_rows(to_, "jobs", {}, columns, row);
    const std::int64_t job = last_id(to_);
    Statement(to_, "UPDATE jobs SET state = 'missing', owner = NULL, lease_until = NULL, started_at = NULL "
                   "WHERE id = ? AND state = 'running'")
        .bind(1, job)
        .run();
    for (const auto& [table, columns_here, of_images] : belonging_) {
        const auto rows = [&, &columns_of = columns_here, &name = table](const std::string& where) {
            return fmt::format("SELECT {} FROM {} WHERE job_id = ?1{}", fmt::join(columns_of, ", "), name, where);
        };
        if (!of_images) {
            Statement query(from_, rows(""));
            query.bind(1, id);
            insert_rows(to_, table, {{"job_id", job}}, columns_here, query);
            continue;
        }
        Statement sets(from_, fmt::format("SELECT DISTINCT set_id FROM {} WHERE job_id = ?", table));
        sets.bind(1, id);
        while (sets.step()) {
            Statement query(from_, rows(" AND set_id = ?2"));
            query.bind(1, id).bind(2, sets.integer(0));
            insert_rows(to_, table, {{"job_id", job}, {"set_id", images(sets.integer(0))}}, columns_here, query);
        }
    }
    return job;
}

std::int64_t Transfer::images(std::int64_t set) {
    if (const auto known = sets_.find(set); known != sets_.end()) return known->second;
    const auto columns = content_columns(from_, "image_sets");
    Statement row(from_, fmt::format("SELECT {} FROM image_sets WHERE id = ?", fmt::join(columns, ", ")));
    Statement found(to_, "SELECT id FROM image_sets WHERE fingerprint = ? AND split = ? AND content_hash = ?");
    Statement identity(from_, "SELECT fingerprint, split, content_hash FROM image_sets WHERE id = ?");
    if (!identity.bind(1, set).step())
        user_error("{}: has values for image set {}, expected a set that it has", from_.file().string(), set);
    for (int i = 0; i < 3; ++i) found.bind_column(i + 1, identity, i);
    std::int64_t copy = 0;
    if (found.step()) {
        copy = found.integer(0);
    } else {
        row.bind(1, set);
        insert_rows(to_, "image_sets", {}, columns, row);
        copy = last_id(to_);
        Statement list(from_, "SELECT position, image, patient FROM scored_images WHERE set_id = ? ORDER BY position");
        list.bind(1, set);
        insert_rows(to_, "scored_images", {{"set_id", copy}}, {"position", "image", "patient"}, list);
    }
    attributes(set, copy);
    return sets_[set] = copy;
}

void Transfer::attributes(std::int64_t from_set, std::int64_t to_set) {
    Statement query(from_, "SELECT name, attribute_values FROM image_attributes WHERE set_id = ? ORDER BY name");
    query.bind(1, from_set);
    while (query.step()) {
        Statement known(to_, "SELECT attribute_values FROM image_attributes WHERE set_id = ? AND name = ?");
        if (!known.bind(1, to_set).bind_column(2, query, 0).step()) {
            Statement(to_, "INSERT INTO image_attributes (set_id, name, attribute_values) VALUES (?, ?, ?)")
                .bind(1, to_set)
                .bind_column(2, query, 0)
                .bind_column(3, query, 1)
                .run();
            continue;
        }
        const auto here = query.texts(1), there = known.texts(0);
        if (here == there) continue;
        const auto [a, b] = std::mismatch(here.begin(), here.end(), there.begin(), there.end());
        Statement image(from_, "SELECT image FROM scored_images WHERE set_id = ? AND position = ?");
        image.bind(1, from_set).bind(2, std::int64_t{a - here.begin()}).step();
        user_error("{}: image {} has {} \"{}\", but \"{}\" in another of the files", from_.file().string(),
                   image.text(0), query.text(0), a == here.end() ? "" : *a, b == there.end() ? "" : *b);
    }
}

std::int64_t Transfer::experiment(std::int64_t id) {
    const auto columns = content_columns(from_, "experiments");
    Statement row(from_, fmt::format("SELECT {} FROM experiments WHERE id = ?", fmt::join(columns, ", ")));
    row.bind(1, id);
    insert_rows(to_, "experiments", {}, columns, row);
    const std::int64_t experiment = last_id(to_);
    Statement list(from_, "SELECT x.position, j.hash, x.method, x.dataset, x.control FROM experiment_jobs x "
                          "JOIN jobs j ON j.id = x.job_id WHERE x.experiment_id = ? ORDER BY x.position");
    list.bind(1, id);
    Statement insert(to_, "INSERT INTO experiment_jobs (experiment_id, position, job_id, method, dataset, control) "
                          "VALUES (?, ?, (SELECT id FROM jobs WHERE hash = ?), ?, ?, ?)");
    while (list.step()) {
        insert.bind(1, experiment);
        for (int i = 0; i < 5; ++i) insert.bind_column(i + 2, list, i);
        insert.run();
    }
    return experiment;
}

void Transfer::protocols() {
    Statement query(from_, "SELECT name, label, task FROM protocols");
    Statement insert(to_, "INSERT OR REPLACE INTO protocols (name, label, task) VALUES (?, ?, ?)");
    while (query.step()) {
        for (int i = 0; i < 3; ++i) insert.bind_column(i + 1, query, i);
        insert.run();
    }
}

} // namespace mlvicx
