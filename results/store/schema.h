#pragma once

#include "results/store/sqlite.h"

#include <cstdint>
#include <filesystem>

namespace mlvicx {

/// Marks a results file of mlvicx-bench ("MLVX") in SQLite's header, to tell it from another program's database.
inline constexpr std::int64_t results_application_id = 0x4d4c5658;

/// The newest schema; PRAGMA user_version of a file says which one it has.
std::int64_t latest_schema();

/// Opens a results file. An empty or missing file gets the schema, an older schema is migrated step by step, each step
/// in its own transaction. `read_only`: nothing but an older schema is changed, and a missing or empty file is an
/// error. Throws UserError if the file is not SQLite, not ours, or newer than this program.
Sqlite open_results(const std::filesystem::path& file, bool read_only);

} // namespace mlvicx
