#include "results/store/sqlite.h"

#include "core/error.h"
#include "core/files.h"
#include "results/store/sqlite_error.h"

#include <sqlite3.h>

#include <utility>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

constexpr int busy_milliseconds = 60'000; // writers hold the file for milliseconds, far less than a minute

/// A file name as an SQLite URI that promises that nobody writes to the file.
std::string immutable_uri(const fs::path& file) {
    std::string uri = "file:";
    for (const char c : fs::absolute(file).string()) {
        if (c == '%' || c == '?' || c == '#')
            uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
        else
            uri += c;
    }
    return uri + "?immutable=1";
}

/// SQLite treats some files of a few bytes as empty databases and would overwrite them. Only files too small to be a
/// database are read here: closing a second handle of a live database would drop this process's locks on it.
bool is_something_else(const fs::path& file) {
    constexpr std::uintmax_t smallest_page = 512;
    std::error_code error;
    const auto size = fs::file_size(file, error);
    return !error && size > 0 && size < smallest_page;
}

/// A results file may come from a stranger: its triggers do not run, and its schema cannot be rewritten. An untrusted
/// schema (SQLITE_DBCONFIG_TRUSTED_SCHEMA) is not possible: SQLite up to 3.40 then refuses our json_valid(). Instead
/// open_results checks that the schema is ours before anything in it is used.
void distrust(sqlite3* db) {
    for (const auto& [option, value] : {std::pair(SQLITE_DBCONFIG_DEFENSIVE, 1), {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}}) {
        int now = -1;
        sqlite3_db_config(db, option, value, &now);
        ensure(now == value, "this SQLite cannot distrust a file");
    }
}

int open(const std::string& name, int flags, sqlite3** db) {
    int code = sqlite3_open_v2(name.c_str(), db, flags, nullptr);
    if (code != SQLITE_OK) return code;
    distrust(*db);
    sqlite3_extended_result_codes(*db, 1);
    sqlite3_busy_timeout(*db, busy_milliseconds);
    // SQLite reads the file only at the first statement.
    code = sqlite3_exec(*db, "PRAGMA schema_version", nullptr, nullptr, nullptr);
    return code;
}

} // namespace

Sqlite::Sqlite(const fs::path& file, bool read_only) : file_(file) {
    std::error_code error;
    if (fs::is_directory(file, error)) user_error("{}: is a folder, expected a results file", file.string());
    if (read_only && !fs::exists(file, error)) user_error("{}: no such results file", file.string());
    if (is_something_else(file)) sqlite_error(file, nullptr, SQLITE_NOTADB, "opening");
    if (!read_only) require_writable_folder(file.has_parent_path() ? file.parent_path() : fs::path("."));
    // A reader also opens for writing if it may: the last one to close then removes the files next to the database,
    // which a read-only connection would leave behind.
    int code = open(file.string(), SQLITE_OPEN_READWRITE | (read_only ? 0 : SQLITE_OPEN_CREATE), &db_);
    fs::path log = file;
    log += "-wal";
    const bool no_room = (code & 0xff) == SQLITE_CANTOPEN || (code & 0xff) == SQLITE_READONLY;
    if (read_only && no_room && !fs::exists(log, error)) {
        // A read-only folder has no room for the files next to the database, and without a log there is no writer
        // either.
        sqlite3_close(std::exchange(db_, nullptr));
        code = open(immutable_uri(file), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, &db_);
    }
    try {
        if (code != SQLITE_OK) sqlite_error(file_, db_, code, "opening");
        // FULL: a commit is on the disk when it returns. NORMAL would survive kill -9 too, but could lose the last
        // commits in a power cut, and one commit here may hold hours of training.
        // The first of these reads the schema; of a file that is damaged or by a newer SQLite that is a plain
        // SQLITE_ERROR.
        code = sqlite3_exec(db_, "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON",
                            nullptr, nullptr, nullptr);
        if (code != SQLITE_OK)
            sqlite_error(file_, db_, (code & 0xff) == SQLITE_ERROR ? SQLITE_CORRUPT : code, "opening");
        if (read_only)
            run("PRAGMA query_only = ON");
        else if (sqlite3_db_readonly(db_, "main") == 1)
            sqlite_error(file_, nullptr, SQLITE_READONLY, "opening");
    } catch (...) {
        sqlite3_close(db_);
        throw;
    }
}

Sqlite Sqlite::in_memory() {
    Sqlite db;
    db.file_ = ":memory:";
    if (const int code = open(db.file_.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db.db_);
        code != SQLITE_OK)
        sqlite_error(db.file_, db.db_, code, "opening");
    return db;
}

Sqlite::~Sqlite() {
    sqlite3_close_v2(db_); // a null handle is a no-op
}

Sqlite::Sqlite(Sqlite&& other) noexcept : file_(std::move(other.file_)), db_(std::exchange(other.db_, nullptr)) {}

void Sqlite::run(const std::string& sql) {
    const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) sqlite_error(file_, db_, code, sql);
}

Transaction::Transaction(Sqlite& db, bool writes) : db_(db) {
    int moved = 0; // SQLite would go on writing to a file without a name, and all of that would be lost
    if (writes && sqlite3_file_control(db.handle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0)
        user_error("{}: was moved or removed while it was in use", db.file().string());
    db.run(writes ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
    if (open_) sqlite3_exec(db_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
    db_.run("COMMIT");
    open_ = false;
}

} // namespace mlvicx
