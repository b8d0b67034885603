#pragma once

#include "results/store/sqlite.h"

#include <string>
#include <vector>

namespace mlvicx {

/// Checks that a file has the tables, indexes and views that this SQL makes in an empty one, as it makes them, so that
/// the queries of this program read what they mean to read, whoever made the file. Tables and views of other names may
/// be there, and indexes that only make reading faster: they are the user's, and no query here reads them. A trigger or
/// a unique index on one of ours is refused: the first would not run, the second would refuse what a run writes. Throws
/// UserError naming the file and the first thing that differs.
void require_schema(Sqlite& db, const std::string& sql);

/// Names of the tables and views in a results file that this SQL does not make, in order.
std::vector<std::string> users_tables(Sqlite& db, const std::string& sql);

} // namespace mlvicx
