#pragma once

#include "results/store/sqlite.h"

#include <cstdint>
#include <filesystem>

namespace mlvicx {

/// Marks a results file of mlvicx-bench ("MLVX") in SQLite's header, so that another program's database is told from
/// ours.
inline constexpr std::int64_t results_application_id = 0x4d4c5658;

/// The newest schema; PRAGMA user_version of a file says which one it has.
std::int64_t latest_schema();

/// Opens a results file. An empty or missing file gets the schema, an older schema is migrated step by step, each step
/// in its own transaction. `read_only`: only an older schema is changed, and a missing or empty file is an error.
/// Throws UserError for a file that is not SQLite, not ours, or newer than this program.
Sqlite open_results(const std::filesystem::path& file, bool read_only);

} // namespace mlvicx
