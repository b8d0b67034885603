#pragma once

#include <filesystem>
#include <string>

struct sqlite3;

namespace mlvicx {

/// Throws what a failed call of SQLite means: DatabaseLocked, BrokenConstraint or another UserError in one sentence;
/// InternalError if the mistake is ours. `db` null: there is no connection. `sql`: what was being done.
[[noreturn]] void sqlite_error(const std::filesystem::path& file, sqlite3* db, int code, const std::string& sql);

} // namespace mlvicx
