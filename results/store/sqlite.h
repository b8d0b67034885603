#pragma once

// Not SQLiteCpp: file names in errors, read-only media and spans would still need 285 of these 321 lines.

#include "core/error.h"
#include "core/json.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace mlvicx {

/// Another program has locked the file.
class DatabaseLocked : public UserError {
public:
    using UserError::UserError;
};

/// A row breaks a rule of its table.
class BrokenConstraint : public InternalError {
public:
    using InternalError::InternalError;
};

/// An open SQLite database (RAII): foreign keys on, every commit flushed to the disk, waits up to a minute for another
/// process's lock. Every failure throws with SQLite's message: UserError if the file is not a database, is damaged or
/// locked, or cannot be opened or written; InternalError otherwise, of a row that breaks a
/// rule of its table BrokenConstraint.
/// Whoever made the file, its triggers do not run.
/// Nothing else in the same process may open the file: POSIX drops all of a process's locks on a file when any of its
/// handles is closed.
class Sqlite {
public:
    /// Creates the file (and its folder) if missing. `read_only`: the file must exist and is not changed; works in a
    /// read-only folder too.
    explicit Sqlite(const std::filesystem::path& file, bool read_only = false);
    static Sqlite in_memory(); ///< an empty one
    ~Sqlite();
    Sqlite(Sqlite&& other) noexcept;
    Sqlite(const Sqlite&) = delete;
    Sqlite& operator=(const Sqlite&) = delete;
    void run(const std::string& sql); ///< any number of statements, results ignored
    sqlite3* handle() const { return db_; }
    const std::filesystem::path& file() const { return file_; }

private:
    Sqlite() = default;
    std::filesystem::path file_;
    sqlite3* db_ = nullptr;
};

/// A prepared statement. Parameters count from 1, columns from 0.
class Statement {
public:
    Statement(Sqlite& db, const std::string& sql);
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    Statement& bind(int index, std::int64_t value);
    Statement& bind(int index, double value); ///< NaN: NULL
    Statement& bind(int index, const std::string& value);
    Statement& bind(int index, std::optional<double> value);       ///< nullopt: NULL
    Statement& bind(int index, std::optional<std::int64_t> value); ///< nullopt: NULL
    Statement& bind_blob(int index, std::span<const std::byte> value);
    Statement& bind_null(int index);
    /// The value of a column of another statement's row, of any type.
    Statement& bind_column(int index, const Statement& row, int column);
    bool step(); ///< true: there is a row
    void run();  ///< steps to the end and resets for the next use
    std::int64_t integer(int column) const;
    double real(int column) const;
    std::optional<double> maybe_real(int column) const;
    std::optional<std::int64_t> maybe_integer(int column) const;
    /// A number as SQLite writes it; empty for NULL. Bytes that are not UTF-8, and control characters that could steer
    /// a terminal, become `\xE9`.
    std::string text(int column) const;
    /// JSON text that the file stores. Throws UserError naming the file and the column if it is anything else.
    json::value json(int column) const;
    json::object object(int column) const;
    std::vector<std::string> texts(int column) const;  ///< an array of texts
    std::string type(int column) const;                ///< "integer", "real", "text", "blob" or "null"
    std::span<const std::byte> blob(int column) const; ///< valid until the next step

private:
    void check(int code) const;
    [[noreturn]] void no_json(int column, const std::string& expected) const;
    Sqlite& db_;
    sqlite3_stmt* statement_ = nullptr;
};

/// BEGIN IMMEDIATE; rolled back unless committed. `writes` false: all queries in it see one state of the file.
class Transaction {
public:
    explicit Transaction(Sqlite& db, bool writes = true);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

private:
    Sqlite& db_;
    bool open_ = true;
};

} // namespace mlvicx
