#include "experiments/runner/unneeded.h"

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/tiny_plan.h"

using namespace mlvicx;
using namespace mlvicx::testing;

namespace fs = std::filesystem;

TEST_CASE("clean: what no job needs is listed, removed only with --yes, and the run goes on with the rest", "[slow]") {
    REQUIRE(reference().first.status == 0);
    const TempFolder folder;
    fs::copy(reference().folder.path, folder.path, fs::copy_options::recursive);
    const auto artifacts = folder / "results.artifacts";
    const std::string trained = [&] {
        Sqlite db(folder / "results.db", true);
        Statement query(db, "SELECT hash FROM jobs WHERE kind = 'pretrain' ORDER BY hash");
        query.step();
        return query.text(0);
    }();
    CHECK(contains(run_bench(folder, {"clean", "results.db"}).out, "every artifact is needed, nothing to remove"));
    const fs::path stale[] = {artifacts / "features/0123456789abcdef.safetensors",
                              artifacts / "checkpoints" / (trained + ".safetensors"),
                              artifacts / "checkpoints" / (trained + ".curves.jsonl"),
                              artifacts / "checkpoints/0123456789abcdef.safetensors"};
    for (const auto& file : stale) write_text(file, std::string(2000, 'x'));
    const auto kept = fs::path(artifacts / "encoders" / (trained + ".safetensors"));
    const Ran listed = run_bench(folder, {"clean", "results.db"});
    INFO(listed.out);
    CHECK(listed.status == 0);
    for (const auto& file : stale) {
        CHECK(contains(listed.out, fs::relative(file, folder.path).string()));
        CHECK(fs::exists(file));
    }
    CHECK(contains(listed.out, "4 files, 0.0 MB: nothing is removed without --yes\n"));
    const Ran removed = run_bench(folder, {"clean", "results.db", "--yes"});
    CHECK(contains(removed.out, "removed 4 files"));
    for (const auto& file : stale) CHECK_FALSE(fs::exists(file));
    CHECK(fs::exists(kept));
    CHECK(run_bench(folder, {"run", "plan.json"}).status == 0);
}

TEST_CASE("clean: features and checkpoints of unfinished jobs stay", "[slow]") {
    REQUIRE(reference().first.status == 0);
    const TempFolder folder;
    fs::copy(reference().folder.path, folder.path, fs::copy_options::recursive);
    fs::remove_all(folder / "results.db");
    Ran killed; // between the first features and the last evaluation on them
    for (double moment = 1; moment < 20 && !fs::exists(folder / "results.artifacts/features"); moment *= 1.3)
        killed = run_bench(folder, {"run", "plan.json"}, moment);
    std::vector<fs::path> features;
    for (const auto& entry : fs::directory_iterator(folder / "results.artifacts/features"))
        features.push_back(entry.path());
    const Ran cleaned = run_bench(folder, {"clean", "results.db", "--yes"});
    INFO(cleaned.out << cleaned.err);
    CHECK(cleaned.status == 0);
    for (const auto& file : features)
        if (file.filename().string().find(".partial-") == std::string::npos && file.extension() == ".safetensors")
            CHECK((fs::exists(file) || contains(cleaned.out, file.filename().string())));
    const Ran last = run_bench(folder, {"run", "plan.json"});
    INFO(last.err);
    CHECK(last.status == 0);
    CHECK(figures(folder / "results.db") == figures(reference().folder / "results.db"));
}
