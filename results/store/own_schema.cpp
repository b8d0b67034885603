#include "results/store/own_schema.h"

#include <algorithm>
#include <map>

namespace mlvicx {

namespace {

struct Made {
    std::string type; ///< "table", "index", "view", "trigger"
    std::string sql;  ///< without white space and quotes, which SQLite's releases place differently when they rename
    bool operator==(const Made&) const = default;
};

std::map<std::string, Made> made_in(Sqlite& db) {
    Statement query(db, "SELECT name, type, coalesce(sql, '') FROM sqlite_master WHERE name NOT GLOB 'sqlite_*'");
    std::map<std::string, Made> made;
    while (query.step()) {
        std::string sql = query.text(2);
        std::erase_if(sql, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '"'; });
        made[query.text(0)] = {query.text(1), sql};
    }
    return made;
}

} // namespace

void require_schema(Sqlite& db, const std::string& sql) {
    Sqlite empty = Sqlite::in_memory();
    empty.run(sql);
    const auto expected = made_in(empty), found = made_in(db);
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
        if (!expected.contains(name))
            user_error("{}: has the {} {}, which mlvicx-bench did not make; expected a file without it (own tables and "
                       "views belong in a database of their own)",
                       file, made.type, name);
}

} // namespace mlvicx
