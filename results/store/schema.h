#pragma once

#include "results/store/sqlite.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace mlvicx {

/// Marks a results file of mlvicx-bench ("MLVX") in SQLite's header, to tell it from another program's database.
inline constexpr std::int64_t results_application_id = 0x4d4c5658;

/// A results file of a run that ended before it had made the tables.
class EmptyResults : public UserError {
public:
    using UserError::UserError;
};

/// The newest schema; PRAGMA user_version of a file says which one it has.
std::int64_t latest_schema();
/// What makes its tables, indexes and views in an empty file.
std::string latest_schema_sql();

/// Throws UserError if the file has a newer schema than this program knows: a newer program may migrate it at any time.
void require_known_schema(Sqlite& db);

/// Opens a results file. An empty or missing file gets the schema, an older schema is migrated step by step, each step
/// in its own transaction. `read_only`: nothing but an older schema is changed, and a missing or empty file is an
/// error. Throws UserError if the file is not SQLite, not ours, newer than this program, or differs from its schema
/// (require_schema). `network`: the network file system that the file is on, or empty; there the file has a rollback
/// journal, since a write-ahead log needs memory that all its users share. Whoever writes to such a file must hold its
/// WriterLock; a migration of a reader takes it itself.
Sqlite open_results(const std::filesystem::path& file, bool read_only, const std::string& network);

} // namespace mlvicx
