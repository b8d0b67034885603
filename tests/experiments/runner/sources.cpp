#include "results/store/sqlite.h"
#include "tests/support/audit_support.h"
#include "tests/support/bench_process.h"

#include <fmt/format.h>

using namespace mlvicx;
using mlvicx::testing::Ran;
using mlvicx::testing::run_bench;
using Folder = mlvicx::TempFolder;

namespace {

const char* const plan_text = R"({
  "name": "sources",
  "datasets": {"mine": {"importer": "manifest", "manifest": "m.csv", "size": 32, "split": {"kind": "patient"}}},
  "methods": ["random"],
  "evaluate": {"protocols": ["knn"], "image_size": 32, "precision": "fp32"}
})";

bool is_odd(int i) {
    return i % 2 == 1;
}

/// Sixty images; those whose number satisfies `positive` have the finding.
void write_manifest(const Folder& folder, const std::function<bool(int)>& positive = is_odd) {
    std::string csv = "path,Mass\n";
    for (int i = 0; i < 60; ++i) csv += fmt::format("{}.png,{}\n", i, positive(i) ? 1 : 0);
    put(folder / "m.csv", csv);
}

Ran run(const Folder& folder, const std::string& results, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {"run", "plan.json", "--results", results};
    words.insert(words.end(), more.begin(), more.end());
    const Ran ran = run_bench(folder, words);
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    return ran;
}

/// Fingerprint and test AUC of the evaluations, one per line.
std::string figures(const Folder& folder, const std::string& results) {
    Sqlite db(folder / results, true);
    Statement rows(db, "SELECT c.dataset_fingerprint || ' ' || m.value FROM jobs c JOIN metrics m ON m.job_id = c.id "
                       "WHERE m.split = 'test' AND m.metric = 'auc' AND m.position = 0 ORDER BY c.id");
    std::string text;
    while (rows.step()) text += rows.text(0) + "\n";
    return text;
}

} // namespace

TEST_CASE("run: a dataset whose sources have changed is prepared again, and its old results stay", "[unit]") {
    const Folder folder;
    const auto drawn = drawn_images(60, 32);
    for (std::size_t i = 0; i < drawn.size(); ++i) write_image(folder / fmt::format("{}.png", i), drawn[i]);
    write_manifest(folder);
    put(folder / "plan.json", plan_text);
    run(folder, "r.db");
    const std::string first = figures(folder, "r.db");
    CHECK(contains(run(folder, "r.db").err, "nothing to do"));

    write_manifest(folder, [](int i) { return i % 3 == 0; }); // labels corrected
    CHECK(contains(run(folder, "r.db", {"--trust-prepared"}).err, "nothing to do"));
    CHECK(contains(run(folder, "r.db", {"--dry-run"}).out, "m.csv changed since it was prepared"));
    const Ran corrected = run(folder, "r.db");
    CHECK(contains(corrected.err, "dataset \"mine\": m.csv changed since it was prepared: preparing it again"));
    CHECK(contains(corrected.err, "earlier results stay under the fingerprint " + first.substr(0, 16)));
    run(folder, "fresh.db");
    CHECK(figures(folder, "r.db") == first + figures(folder, "fresh.db"));

    write_image(folder / "7.png", 255 - drawn[7]); // an image replaced
    const std::string before = figures(folder, "r.db");
    CHECK(contains(run(folder, "r.db").err, "images or masks changed since it was prepared"));
    run(folder, "newest.db");
    CHECK(figures(folder, "r.db") == before + figures(folder, "newest.db"));

    put(folder / "7.png", read_text(folder / "7.png")); // rewritten with the same content
    fs::last_write_time(folder / "7.png", fs::last_write_time(folder / "7.png") + std::chrono::seconds(3));
    const Ran touched = run(folder, "r.db");
    CHECK(contains(touched.err, "its content is the same"));
    CHECK(contains(touched.err, "nothing to do"));

    fs::rename(folder / "m.csv", folder / "moved.csv"); // the sources have moved
    const Ran gone = run(folder, "r.db");
    CHECK(contains(gone.err, "nothing to do"));
    CHECK_FALSE(contains(gone.err, "changed"));
}

TEST_CASE("run: a prepared file that a plan names is used as is, with a message if its table has changed", "[unit]") {
    const Folder folder;
    const auto drawn = drawn_images(60, 32);
    for (std::size_t i = 0; i < drawn.size(); ++i) write_image(folder / fmt::format("{}.png", i), drawn[i]);
    write_manifest(folder);
    const auto manifest = (folder / "m.csv").string();
    REQUIRE(run_bench(folder, {"prepare", "--dataset", "manifest", "--manifest", manifest, "--split", "patient",
                               "--size", "32", "--out", "p.safetensors"})
                .status == 0);
    put(folder / "plan.json",
        R"({"name": "file", "datasets": {"mine": {"file": "p.safetensors"}}, "methods": ["random"],
        "evaluate": {"protocols": ["knn"], "image_size": 32, "precision": "fp32"}})");
    CHECK_FALSE(contains(run(folder, "r.db").err, "changed"));
    write_manifest(folder, [](int i) { return i % 3 == 0; });
    const Ran changed = run(folder, "r.db");
    CHECK(contains(changed.err, "m.csv changed since"));
    CHECK(contains(changed.err, "p.safetensors was prepared, which is used as is"));
    CHECK(contains(changed.err, "nothing to do"));
}
