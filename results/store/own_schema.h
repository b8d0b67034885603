#pragma once

#include "results/store/sqlite.h"

#include <string>

namespace mlvicx {

/// Checks that a file has the tables, indexes and views that this SQL makes in an empty one, and nothing else: no view
/// in the place of a table, no trigger, no virtual table, no index that computes. Whoever made the file, the queries of
/// this program then read what they mean to read. SQLite's own tables (sqlite_stat1) may be there. Throws UserError
/// naming the file and the first thing that differs.
void require_schema(Sqlite& db, const std::string& sql);

} // namespace mlvicx
