#include "core/error.h"
#include "core/printable.h"
#include "results/store/sqlite.h"
#include "results/store/sqlite_error.h"

#include <sqlite3.h>

#include <utility>

namespace mlvicx {

Statement::Statement(Sqlite& db, const std::string& sql) : db_(db) {
    const int code = sqlite3_prepare_v2(db.handle(), sql.c_str(), static_cast<int>(sql.size()), &statement_, nullptr);
    if (code != SQLITE_OK) sqlite_error(db.file(), db.handle(), code, sql);
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
    sqlite_error(db_.file(), db_.handle(), code, sqlite3_sql(statement_));
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

} // namespace mlvicx
