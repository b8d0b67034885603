#include "datasets/subset_file.h"
#include "experiments/runner/jobs.h"
#include "results/store/sqlite.h"
#include "tests/support/audit_support.h"
#include "tests/support/bench_process.h"

using namespace mlvicx;
using mlvicx::testing::Ran;
using mlvicx::testing::run_bench;
using Folder = mlvicx::TempFolder;

namespace {

/// 36 images of 18 patients over all splits, as `name`.safetensors; `changed` may substitute other images.
fs::path some_images(const Folder& folder, const std::string& name, std::uint64_t seed,
                     const std::function<void(std::vector<MadeImage>&)>& changed = {}) {
    const auto drawn = drawn_images(36, 64, seed);
    std::vector<MadeImage> images;
    for (std::size_t i = 0; i < drawn.size(); ++i)
        images.push_back({drawn[i],
                          name + std::to_string(i),
                          "p" + std::to_string(i / 2),
                          i < 24   ? Split::train
                          : i < 30 ? Split::validation
                                   : Split::test,
                          {static_cast<std::int8_t>(i % 2), static_cast<std::int8_t>(i % 3 == 0)}});
    if (changed) changed(images);
    return prepared_images(folder.path, name, images, 64);
}

/// Pre-trains on "source" and evaluates on "tested" in seconds.
json::object plan_of(const std::vector<std::string>& methods) {
    json::object plan = json::parse(R"({
      "name": "audited",
      "datasets": {"source": {"file": "source.safetensors"}, "tested": {"file": "tested.safetensors"}},
      "pretrain": {"dataset": "source", "epochs": 1, "batch_size": 8, "image_size": 32, "precision": "fp32"},
      "methods": [], "controls": false,
      "evaluate": {"datasets": ["tested"], "fractions": [0.5, 1], "protocols": ["frozen"], "image_size": 32,
                   "precision": "fp32", "frozen": {"iterations": 20}},
      "seeds": [0]})")
                            .as_object();
    auto& list = plan["methods"].as_array();
    for (const auto& name : methods)
        if (name == "simclr")
            list.push_back(json::object{{"name", name}, {"hidden", 16}, {"output", 8}});
        else
            list.push_back(json::value(name));
    return plan;
}

std::string query(const Folder& folder, const std::string& sql) {
    Sqlite db(folder / "results.db", true);
    Statement rows(db, sql);
    std::string text;
    while (rows.step()) text += rows.text(0) + "\n";
    return text;
}

void write_plan(const Folder& folder, const json::object& plan) {
    write_text(folder / "plan.json", json::serialize(plan));
}

} // namespace

TEST_CASE("run: a dataset whose test images are in training too is refused, or its results are marked", "[unit]") {
    const Folder folder;
    some_images(folder, "source", 1);
    some_images(folder, "tested", 2, [](auto& images) { images[32].pixels = images[3].pixels; });
    write_plan(folder, plan_of({"random"}));
    const Ran refused = run_bench(folder, {"run", "plan.json"});
    INFO(refused.err);
    CHECK(refused.status == 2);
    for (const char* part : {"plan.json: dataset \"tested\": 1 of 6 test images", "tested3 (train) and tested32 (test)",
                             "mlvicx-bench audit ", "keep_copies_together", "--allow-leakage"})
        CHECK(contains(refused.err, part));
    CHECK_FALSE(fs::exists(folder / "results.db")); // before anything is done
    const Ran allowed = run_bench(folder, {"run", "plan.json", "--allow-leakage"});
    INFO(allowed.err);
    CHECK(allowed.status == 0);
    CHECK(contains(allowed.out, "tested: 1 of 6 test images was also in training or validation\n"));
    CHECK(query(folder, "SELECT test_images || ' ' || in_training || ' ' || in_pretraining FROM leakage") ==
          "6 1 0\n6 1 0\n");
}

TEST_CASE("run: without the audit nothing is looked for, and every result says so", "[unit]") {
    const Folder folder;
    some_images(folder, "source", 1);
    some_images(folder, "tested", 2, [](auto& images) { images[32].pixels = images[3].pixels; });
    json::object plan = plan_of({"random"});
    write_plan(folder, plan);
    const std::string line = "tested: not audited (random): test images may be known from training or pre-training\n";
    const Ran ran = run_bench(folder, {"run", "plan.json", "--no-audit"});
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    CHECK(contains(ran.out, line));
    CHECK_FALSE(fs::exists(folder / "results.artifacts/audits"));
    REQUIRE(run_bench(folder, {"report", "results.db"}).status == 0);
    CHECK(contains(read_text(folder / "report.md"), line));

    plan["audit"] = false; // the same by the plan
    write_plan(folder, plan);
    const Ran by_plan = run_bench(folder, {"run", "plan.json", "--results", "other.db"});
    INFO(by_plan.err);
    CHECK(by_plan.status == 0);
    CHECK(contains(by_plan.out, line));
    plan["pretrain"].as_object()["exclude_overlap"] = true;
    write_plan(folder, plan);
    const Ran mistaken = run_bench(folder, {"run", "plan.json", "--results", "third.db"});
    CHECK(mistaken.status == 2);
    CHECK(contains(mistaken.err, "$.pretrain.exclude_overlap needs the audit, which $.audit leaves out"));
    CHECK(run_bench(folder, {"run", "plan.json", "--no-audit", "--allow-leakage"}).status == 2);
}

TEST_CASE("run: test images seen in pre-training are counted with each result, or left out of pre-training", "[unit]") {
    const Folder folder;
    const auto tested = drawn_images(36, 64, 2);
    some_images(folder, "tested", 2);
    // Two test images in training, one of them changed; one in validation, which is not pre-trained on; a training
    // image.
    some_images(folder, "source", 1, [&](auto& images) {
        images[4].pixels = tested[30];
        images[9].pixels = 255 - tested[35];
        images[25].pixels = tested[33];
        images[11].pixels = tested[0];
    });
    json::object plan = plan_of({"simclr", "random"});
    write_plan(folder, plan);
    const Ran first = run_bench(folder, {"run", "plan.json"});
    INFO(first.err);
    REQUIRE(first.status == 0);
    CHECK(contains(first.out, "tested: 2 of 6 test images were seen in pre-training (simclr)\n"));
    const std::string counts =
        "SELECT c.method || ' ' || l.in_pretraining FROM leakage l JOIN jobs c ON c.id = l.job_id "
        "WHERE c.fraction = 1 ORDER BY c.id";
    CHECK(query(folder, counts) == "simclr 2\nrandom 0\n");
    const auto kept = [&] { return std::distance(fs::directory_iterator(folder / "results.artifacts/audits"), {}); };
    CHECK(kept() == 2); // within "tested", and "source" against it
    CHECK(contains(first.err, "looking for images of dataset \"source\" in dataset \"tested\""));

    plan["pretrain"].as_object()["exclude_overlap"] = true;
    write_plan(folder, plan);
    const Ran clean = run_bench(folder, {"run", "plan.json"});
    INFO(clean.err);
    REQUIRE(clean.status == 0);
    CHECK_FALSE(contains(clean.err, "looking for "));
    CHECK_FALSE(contains(clean.out, "seen in pre-training"));
    CHECK(query(folder, "SELECT train_images FROM jobs WHERE kind = 'pretrain' ORDER BY id") == "24\n22\n");
    CHECK(query(folder, counts) == "simclr 2\nrandom 0\nsimclr 0\n");
    const Ran report = run_bench(folder, {"report", "results.db"});
    CHECK(report.status == 0);
    CHECK(contains(read_text(folder / "report.md"), "tested: none of 6 test images were seen in pre-training"));

    plan["pretrain"].as_object()["batch_size"] = 23;
    write_plan(folder, plan);
    const Ran few = run_bench(folder, {"run", "plan.json"});
    CHECK(few.status == 2);
    CHECK(contains(few.err, "batches of 23 images, but 22 of dataset \"source\" are left"));
}

TEST_CASE("audit: the command reports, draws, and shows by its status whether images cross splits", "[unit]") {
    const Folder folder;
    some_images(folder, "tested", 2);
    some_images(folder, "source", 1, [](auto& images) { images[4].pixels = 255 - drawn_images(36, 64, 2)[30]; });
    const Ran clean = run_bench(folder, {"audit", "source.safetensors", "--sheet", "none.png"});
    INFO(clean.err);
    CHECK(clean.status == 0);
    CHECK(contains(clean.out, "Nothing is in more than one split."));
    CHECK_FALSE(fs::exists(folder / "none.png"));
    const Ran leak = run_bench(
        folder, {"audit", "source.safetensors", "tested.safetensors", "--out", "report.json", "--sheet", "pairs.png"});
    INFO(leak.err);
    CHECK(leak.status == 3);
    CHECK(contains(leak.out, "source4 (train) and tested30 (test): inverted copy"));
    CHECK(read_json(folder / "report.json").as_object().at("leaks") == 1);
    CHECK(fs::exists(folder / "pairs.png"));
    CHECK(run_bench(folder, {"audit", "nothing.safetensors"}).status == 2);
}

TEST_CASE("subsets: exported ones are imported by plan and single step, and give the same figures", "[unit]") {
    const Folder folder;
    some_images(folder, "source", 1);
    some_images(folder, "tested", 2);
    json::object plan = plan_of({"random"});
    write_plan(folder, plan);
    REQUIRE(run_bench(folder, {"run", "plan.json"}).status == 0);
    const Ran made = run_bench(folder, {"subsets", "tested.safetensors", "--fraction", "0.5", "1", "--seed", "0", "1",
                                        "--out", "subsets.json"});
    INFO(made.err);
    REQUIRE(made.status == 0);
    plan["evaluate"].as_object()["subsets"] = "subsets.json"; // next to the plan
    write_plan(folder, plan);
    const Ran again = run_bench(folder, {"run", "plan.json"});
    INFO(again.err);
    REQUIRE(again.status == 0);
    // Drawn and imported subsets give different jobs with the same images and the same result.
    const std::string figures =
        "SELECT count(*) || ' ' || count(DISTINCT c.train_images || m.value) FROM jobs c "
        "JOIN metrics m ON m.job_id = c.id WHERE m.metric = 'auc' AND m.split = 'test' AND m.position = 0";
    CHECK(query(folder, figures) == "4 2\n");
    CHECK(contains(run_bench(folder, {"run", "plan.json", "--dry-run"}).out, "2 jobs: 2 done"));
    const Ran single =
        run_bench(folder, {"evaluate", "--data", "tested.safetensors", "--encoder", "random", "--fraction", "0.5",
                           "--image-size", "32", "--set", "precision=fp32", "--set", "frozen.iterations=20", "--set",
                           "subsets=subsets.json", "--results", "results.db"});
    INFO(single.err);
    CHECK(single.status == 0);
    CHECK(contains(single.err, "already has this evaluation"));

    // Remove one image from one subset: refused while the counts disagree, then a different job wherever it is used.
    const PreparedDataset dataset(folder / "tested.safetensors");
    auto subsets = read_subsets(folder / "subsets.json");
    auto& one = subsets[0];
    REQUIRE((one.amount == 0.5 && one.seed == 0));
    const auto with_mass = std::find_if(one.images.begin(), one.images.end(), [&](const std::string& id) {
        return dataset.labels(std::find(dataset.ids().begin(), dataset.ids().end(), id) - dataset.ids().begin())[0] ==
               1;
    });
    REQUIRE(with_mass != one.images.end());
    one.images.erase(with_mass);
    write_subsets(folder / "subsets.json", subsets);
    const Ran mismatch = run_bench(folder, {"run", "plan.json"});
    CHECK(mismatch.status == 2);
    CHECK(contains(mismatch.err, "images with Mass, but by the labels of"));
    std::vector<std::int64_t> images;
    for (const auto& id : one.images)
        images.push_back(std::find(dataset.ids().begin(), dataset.ids().end(), id) - dataset.ids().begin());
    one.positives = positives_of(dataset, images);
    write_subsets(folder / "subsets.json", subsets);
    CHECK(contains(run_bench(folder, {"run", "plan.json", "--dry-run"}).out,
                   "2 jobs: 1 done, 0 running, 0 failed, 1 missing"));

    plan["evaluate"].as_object()["fractions"] = json::parse("[0.25]");
    write_plan(folder, plan);
    const Ran missing = run_bench(folder, {"run", "plan.json"});
    CHECK(missing.status == 2);
    CHECK(contains(missing.err, "subsets.json has no subset of 25 % with seed 0 for dataset \"tested\""));
}
