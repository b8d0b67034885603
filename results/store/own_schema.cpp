#include "results/store/own_schema.h"

#include <algorithm>
#include <map>
#include <mutex>

namespace mlvicx {

namespace {

struct Made {
    std::string type;    ///< "table", "index", "view", "trigger"
    std::string table;   ///< what it is or belongs to
    std::string sql;     ///< without white space and quotes, which SQLite's releases place differently when they rename
    std::string columns; ///< of a table, which quotes may have named otherwise
    bool operator==(const Made&) const = default;
};

using Schema = std::map<std::string, Made>;

Schema made_in(Sqlite& db) {
    Statement query(db, "SELECT name, type, tbl_name, coalesce(sql, ''), CASE WHEN sql LIKE 'CREATE TABLE%' THEN "
                        "(SELECT json_group_array(c.name) FROM pragma_table_info(m.name) c) ELSE '' END "
                        "FROM sqlite_master m WHERE name NOT GLOB 'sqlite_*'");
    Schema made;
    while (query.step()) {
        std::string sql = query.text(3);
        std::erase_if(sql, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '"'; });
        made[query.text(0)] = {query.text(1), query.text(2), sql, query.text(4)};
    }
    return made;
}

/// Made once for each schema: many files are opened, and some many times.
const Schema& made_by(const std::string& sql) {
    static std::mutex mutex;
    static std::map<std::string, Schema> made;
    const std::lock_guard lock(mutex);
    const auto known = made.find(sql);
    if (known != made.end()) return known->second;
    Sqlite empty = Sqlite::in_memory();
    empty.run(sql);
    return made.emplace(sql, made_in(empty)).first->second;
}

/// Something that is not ours, in a file of ours.
void require_harmless(const std::string& file, const std::string& name, const Made& made, const Schema& ours) {
    if (!ours.contains(made.table)) return;
    if (made.type == "trigger")
        user_error("{}: has the trigger {} on {}, which mlvicx-bench did not make and would not run; expected a file "
                   "without it",
                   file, name, made.table);
    if (made.type == "index" && !made.sql.starts_with("CREATEINDEX"))
        user_error("{}: has the unique index {} on {}, which mlvicx-bench did not make; expected a file without it",
                   file, name, made.table);
}

} // namespace

void require_schema(Sqlite& db, const std::string& sql) {
    const Schema &expected = made_by(sql), found = made_in(db);
    const std::string file = db.file().string();
    for (const auto& [name, made] : expected) {
        const auto here = found.find(name);
        if (here == found.end()) user_error("{}: lacks the {} {} of a results file", file, made.type, name);
        if (here->second.type != made.type)
            user_error("{}: its {} is a {}, expected the {} of a results file", file, name, here->second.type,
                       made.type);
        if (here->second != made)
            user_error("{}: its {} {} is not that of a results file of mlvicx-bench", file, made.type, name);
    }
    for (const auto& [name, made] : found)
        if (!expected.contains(name)) require_harmless(file, name, made, expected);
}

std::vector<std::string> users_tables(Sqlite& db, const std::string& sql) {
    const Schema& ours = made_by(sql);
    std::vector<std::string> names;
    for (const auto& [name, made] : made_in(db))
        if (!ours.contains(name) && (made.type == "table" || made.type == "view")) names.push_back(name);
    return names;
}

} // namespace mlvicx
