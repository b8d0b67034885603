#include "results/store/sqlite.h"

#include "core/error.h"
#include "core/files.h"
#include "core/printable.h"

#include <sqlite3.h>

#include <cstring>
#include <utility>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

constexpr int busy_milliseconds = 60'000; // writers hold the file for milliseconds, far less than a minute

/// Explains a failed call to the user; empty: the mistake is ours.
std::string reason(int code) {
    switch (code & 0xff) { // without the extended part
    case SQLITE_NOTADB:
        return "is not an SQLite database, expected a results file of mlvicx-bench or a new name";
    case SQLITE_CORRUPT:
        return "is a damaged SQLite database";
    case SQLITE_CANTOPEN:
        return "cannot be opened as an SQLite database";
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return "cannot be written: the file or its folder is read-only";
    case SQLITE_FULL:
        return "cannot be written: the disk is full";
    case SQLITE_IOERR:
        return "cannot be read or written";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "has been locked by another program for more than a minute";
    default:
        return {};
    }
}

[[noreturn]] void fail(const fs::path& file, sqlite3* db, int code, const std::string& sql) {
    std::string detail = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
    if (const int system = db != nullptr && (code & 0xff) == SQLITE_IOERR ? sqlite3_system_errno(db) : 0; system != 0)
        detail += fmt::format(": {}", std::strerror(system));
    if (const std::string why = reason(code); !why.empty()) {
        const std::string message = fmt::format("{}: {} ({})", file.string(), why, detail);
        const bool locked = (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
        if (locked) throw DatabaseLocked(message);
        throw UserError(message);
    }
    const std::string message = fmt::format("{}: {} in: {}", file.string(), detail, sql.substr(0, 200));
    if ((code & 0xff) == SQLITE_CONSTRAINT) throw BrokenConstraint(message);
    throw InternalError(message);
}

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
    if (is_something_else(file)) fail(file, nullptr, SQLITE_NOTADB, "opening");
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
        if (code != SQLITE_OK) fail(file_, db_, code, "opening");
        // FULL: a commit is on the disk when it returns. NORMAL would survive kill -9 too, but could lose the last
        // commits in a power cut, and one commit here may hold hours of training.
        // The first of these reads the schema; of a file that is damaged or by a newer SQLite that is a plain
        // SQLITE_ERROR.
        code = sqlite3_exec(db_, "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON",
                            nullptr, nullptr, nullptr);
        if (code != SQLITE_OK) fail(file_, db_, (code & 0xff) == SQLITE_ERROR ? SQLITE_CORRUPT : code, "opening");
        if (read_only)
            run("PRAGMA query_only = ON");
        else if (sqlite3_db_readonly(db_, "main") == 1)
            fail(file_, nullptr, SQLITE_READONLY, "opening");
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
        fail(db.file_, db.db_, code, "opening");
    return db;
}

Sqlite::~Sqlite() {
    sqlite3_close_v2(db_); // a null handle is a no-op
}

Sqlite::Sqlite(Sqlite&& other) noexcept : file_(std::move(other.file_)), db_(std::exchange(other.db_, nullptr)) {}

void Sqlite::run(const std::string& sql) {
    const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(file_, db_, code, sql);
}

Statement::Statement(Sqlite& db, const std::string& sql) : db_(db) {
    const int code = sqlite3_prepare_v2(db.handle(), sql.c_str(), static_cast<int>(sql.size()), &statement_, nullptr);
    if (code != SQLITE_OK) fail(db.file(), db.handle(), code, sql);
}

Statement::~Statement() {
    sqlite3_finalize(statement_);
}

void Statement::check(int code) const {
    if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
    // The SQL has been compiled, so it is a value that a function cannot take.
    if ((code & 0xff) == SQLITE_ERROR)
        user_error("{}: stores what mlvicx-bench does not write ({})", db_.file().string(),
                   sqlite3_errmsg(db_.handle()));
    fail(db_.file(), db_.handle(), code, sqlite3_sql(statement_));
}

Statement& Statement::bind(int index, std::int64_t value) {
    check(sqlite3_bind_int64(statement_, index, value));
    return *this;
}

Statement& Statement::bind(int index, double value) {
    check(sqlite3_bind_double(statement_, index, value)); // SQLite itself stores NaN as NULL
    return *this;
}

Statement& Statement::bind(int index, const std::string& value) {
    check(sqlite3_bind_text64(statement_, index, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(int index, std::optional<std::int64_t> value) {
    return value ? bind(index, *value) : bind_null(index);
}

Statement& Statement::bind(int index, std::optional<double> value) {
    return value ? bind(index, *value) : bind_null(index);
}

Statement& Statement::bind_blob(int index, std::span<const std::byte> value) {
    if (value.empty())
        check(sqlite3_bind_zeroblob(statement_, index, 0)); // a null pointer would be NULL
    else
        check(sqlite3_bind_blob64(statement_, index, value.data(), value.size(), SQLITE_TRANSIENT));
    return *this;
}

Statement& Statement::bind_null(int index) {
    check(sqlite3_bind_null(statement_, index));
    return *this;
}

Statement& Statement::bind_column(int index, const Statement& row, int column) {
    check(sqlite3_bind_value(statement_, index, sqlite3_column_value(row.statement_, column)));
    return *this;
}

bool Statement::step() {
    const int code = sqlite3_step(statement_);
    check(code);
    return code == SQLITE_ROW;
}

void Statement::run() {
    while (step()) {
    }
    check(sqlite3_reset(statement_));
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

double Statement::real(int column) const {
    return sqlite3_column_double(statement_, column);
}

std::optional<double> Statement::maybe_real(int column) const {
    if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
    return real(column);
}

std::optional<std::int64_t> Statement::maybe_integer(int column) const {
    if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
    return integer(column);
}

std::string Statement::text(int column) const {
    const auto* data = sqlite3_column_text(statement_, column);
    if (data == nullptr) return {};
    return printable_text(
        {reinterpret_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))});
}

void Statement::no_json(int column, const std::string& expected) const {
    user_error("{}: a row's {} is {}, which mlvicx-bench does not write", db_.file().string(),
               sqlite3_column_name(statement_, column), expected);
}

json::value Statement::json(int column) const {
    const std::string stored = text(column);
    boost::system::error_code error;
    json::value value = json::parse(stored, error);
    if (error) no_json(column, "no JSON (" + error.message() + ")");
    return value;
}

json::object Statement::object(int column) const {
    json::value value = json(column);
    if (!value.is_object()) no_json(column, "no JSON object");
    return std::move(value.get_object());
}

std::vector<std::string> Statement::texts(int column) const {
    const json::value value = json(column);
    const auto* list = value.if_array();
    std::vector<std::string> result;
    if (list == nullptr) no_json(column, "no list of texts");
    for (const auto& item : *list) {
        if (!item.is_string()) no_json(column, "no list of texts");
        result.emplace_back(item.get_string());
    }
    return result;
}

std::string Statement::type(int column) const {
    switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_INTEGER:
        return "integer";
    case SQLITE_FLOAT:
        return "real";
    case SQLITE_TEXT:
        return "text";
    case SQLITE_BLOB:
        return "blob";
    default:
        return "null";
    }
}

std::span<const std::byte> Statement::blob(int column) const {
    const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
    return {data, data == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
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
