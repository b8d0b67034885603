#pragma once

#include "results/store/sqlite.h"
#include "tests/support/bench_process.h"

namespace mlvicx::testing {

/// A whole experiment in seconds: synthetic images, two methods and the control, both protocols.
inline const char* const tiny = R"({
  "name": "tiny",
  "datasets": {"images": {"importer": "phantom", "size": 32, "phantom": {"images": 80, "size": 48, "seed": 3}}},
  "pretrain": {"epochs": 3, "batch_size": 16, "image_size": 32, "precision": "fp32", "checkpoint_every": 1},
  "methods": [{"name": "simclr", "hidden": 32, "output": 16},
              {"name": "mlvicx", "hidden": 32, "output": 32, "level_channels": 16}, "random"],
  "controls": false,
  "evaluate": {"fractions": [0.5, 1], "image_size": 32, "precision": "fp32",
               "frozen": {"iterations": 30}, "finetuned": {"epochs": 1, "batch_size": 16, "precision": "fp32"}},
  "seeds": [0]
})";
constexpr int tiny_jobs = 2 + 3 * 2 * 2;

/// Every metric and score of a results file, as text.
inline std::vector<std::string> figures(const std::filesystem::path& results) {
    Sqlite db(results, true);
    std::vector<std::string> lines;
    Statement metrics(db, "SELECT c.hash, m.split, m.metric, m.class, m.value, m.positives FROM metrics m "
                          "JOIN jobs c ON c.id = m.job_id WHERE c.state = 'done' ORDER BY 1, 2, 3, 4");
    while (metrics.step())
        lines.push_back(fmt::format("{} {} {} {} {} {}", metrics.text(0), metrics.text(1), metrics.text(2),
                                    metrics.text(3), metrics.text(4), metrics.text(5)));
    Statement scores(db, "SELECT c.hash, hex(s.scores) FROM scores s JOIN jobs c ON c.id = s.job_id ORDER BY 1");
    while (scores.step()) lines.push_back(scores.text(0) + scores.text(1));
    Statement losses(db, "SELECT c.hash, u.epoch, u.value FROM curves u JOIN jobs c ON c.id = u.job_id "
                         "WHERE u.name = 'loss' ORDER BY 1, 2");
    while (losses.step()) lines.push_back(fmt::format("{} {} {}", losses.text(0), losses.text(1), losses.text(2)));
    return lines;
}

inline std::int64_t count(const std::filesystem::path& results, const std::string& condition) {
    Sqlite db(results, true);
    Statement query(db, "SELECT count(*) FROM jobs WHERE " + condition);
    query.step();
    return query.integer(0);
}

/// SQLite's own check of the file: "ok".
inline std::string integrity(const std::filesystem::path& results) {
    Sqlite db(results, true);
    Statement query(db, "PRAGMA integrity_check");
    query.step();
    return query.text(0);
}

/// The result of an undisturbed run of the tiny plan; made once.
struct Reference {
    TempFolder folder;
    Ran first;
    Reference() {
        write_text(folder / "plan.json", tiny);
        first = run_bench(folder, {"run", "plan.json"});
    }
};
inline const Reference& reference() {
    static const Reference made;
    return made;
}

} // namespace mlvicx::testing
