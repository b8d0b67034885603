#include "results/store/schema.h"

#include "core/error.h"
#include "results/store/own_schema.h"
#include "results/store/schema_sql.h"
#include "results/store/writer_lock.h"

#include <sqlite3.h>

#include <chrono>
#include <iterator>
#include <thread>

namespace mlvicx {

namespace {

/// Migration i leads from schema i to schema i + 1. Never change a released one: files with it exist.
constexpr const char* migrations[] = {schema_1_tables,      schema_2_views, schema_3_leakage,
                                      schema_4_film_values, schema_5_names, schema_6_attributes};

/// The file's schema; 0 for an empty file. A single statement, so that all three values come from one moment: another
/// process may be creating the same file.
std::int64_t schema_of(Sqlite& db) {
    Statement query(db, "SELECT (SELECT count(*) FROM sqlite_master), (SELECT application_id FROM "
                        "pragma_application_id), (SELECT user_version FROM pragma_user_version)");
    query.step();
    const bool empty = query.integer(0) == 0;
    const auto id = query.integer(1), version = query.integer(2);
    if (id == 0 && version == 0 && empty) return 0;
    if (id != results_application_id)
        user_error("{}: database of another program, expected a results file of mlvicx-bench or a new name",
                   db.file().string());
    if (version < 1)
        user_error("{}: results schema {}, expected 1 to {}, so the file is damaged", db.file().string(), version,
                   latest_schema());
    if (version > latest_schema())
        user_error("{}: results schema {}, expected at most {}; a newer mlvicx-bench is needed", db.file().string(),
                   version, latest_schema());
    return version;
}

std::string sql_of(std::int64_t schema) {
    std::string sql;
    for (std::int64_t step = 0; step < schema; ++step) sql += migrations[step];
    return sql;
}

/// schema_of, for a file that may come from anyone: its tables and views must be those of that schema.
std::int64_t checked_schema_of(Sqlite& db) {
    const Transaction snapshot(db, false); // another process may be migrating
    const auto version = schema_of(db);
    if (version > 0) require_schema(db, sql_of(version));
    return version;
}

/// All steps or none: a file that cannot be migrated to the end stays as it was.
void migrate(Sqlite& db) {
    if (schema_of(db) == latest_schema()) return;
    Transaction transaction(db);
    const auto found = schema_of(db); // read again: another process may have been faster
    for (auto version = found; version < latest_schema(); ++version) try {
            db.run(migrations[version]);
        } catch (const InternalError&) { // the schema is that of `found`, so it is the rest that is not
            user_error("{}: cannot be migrated from results schema {}, so the file is damaged ({})", db.file().string(),
                       found, sqlite3_errmsg(db.handle()));
        }
    db.run(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", results_application_id, latest_schema()));
    transaction.commit();
}

/// With a write-ahead log readers can read while a job is written, and vice versa. The file remembers this setting. If
/// several processes set it on a new file, SQLite reports a lock to all but one at once, without waiting.
void use_journal(Sqlite& db, const std::string& network) {
    for (int tries = 0;; ++tries) {
        try {
            return db.run(network.empty() ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = DELETE");
        } catch (const DatabaseLocked&) {
            if (tries == 3000) throw; // a minute
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }
}

} // namespace

void require_known_schema(Sqlite& db) {
    schema_of(db);
}

std::int64_t latest_schema() {
    return static_cast<std::int64_t>(std::size(migrations));
}

std::string latest_schema_sql() {
    return sql_of(latest_schema());
}

Sqlite open_results(const std::filesystem::path& file, bool read_only, const std::string& network) {
    if (read_only) {
        Sqlite db(file, true);
        const auto version = checked_schema_of(db);
        if (version == 0)
            throw EmptyResults(fmt::format("{}: is empty, expected a results file of mlvicx-bench", file.string()));
        if (version == latest_schema()) return db;
    }
    {
        const WriterLock lock(file, read_only ? network : "");
        Sqlite db(file);
        checked_schema_of(db); // throws before a file that is not ours is changed
        use_journal(db, network);
        migrate(db);
        if (!read_only) return db;
    }
    return Sqlite(file, true);
}

} // namespace mlvicx
