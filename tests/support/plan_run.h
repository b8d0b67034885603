#pragma once

#include "core/files.h"
#include "core/json.h"
#include "results/store/sqlite.h"
#include "tests/support/bench_process.h"

#include <string>
#include <vector>

namespace mlvicx::testing {

/// `mlvicx-bench run` of this plan in a folder, with more words.
inline Ran run_plan_in(const TempFolder& folder, const json::object& plan, const std::vector<std::string>& more = {}) {
    write_text(folder.path / "plan.json", json::serialize(plan));
    std::vector<std::string> words = {"run", "plan.json"};
    words.insert(words.end(), more.begin(), more.end());
    return run_bench(folder, words);
}

/// The first column that a query finds in the folder's results.db, one value per line.
inline std::string found_in(const TempFolder& folder, const std::string& sql) {
    Sqlite db(folder.path / "results.db", true);
    Statement rows(db, sql);
    std::string text;
    while (rows.step()) text += rows.text(0) + "\n";
    return text;
}

} // namespace mlvicx::testing
