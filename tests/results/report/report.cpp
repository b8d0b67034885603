#include "tests/support/catch.h"

#include "core/error.h"
#include "core/files.h"
#include "results/report/curves.h"
#include "results/report/leakage.h"
#include "results/report/markdown.h"
#include "results/report/report.h"
#include "results/report/sections/grid_csv.h"
#include "results/report/sections/grid_text.h"
#include "results/report/sections/pairs_text.h"
#include "tests/support/small_experiment.h"

#include <map>

using namespace mlvicx;
using namespace results_test;

namespace {

std::string complaint(Store& store, const std::string& experiment) {
    try {
        grid(store, experiment);
    } catch (const UserError& error) {
        return error.what();
    }
    return "no error";
}

} // namespace

TEST_CASE("report: the printed grid", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    make_experiment(store);
    const auto rows = grid(store);
    CHECK(
        grid_text(rows) ==
        R"(nih, frozen (linear probe): test AUC in percent, mean over classes ± standard deviation over seeds, n = 3 seeds

  method   5 %          100 %
           35 images    700 images
  mlvicx   72.0 ± 2.0   81.0 ± 1.0
  byol     61.0 ± 1.0   60.0 ± 0.1
  random   56.0 ± 1.0   63.0 ± 1.0

nih, fine-tuned: test AUC in percent, mean over classes, n = 1 seed

  method   5 %
           35 images
  mlvicx   76.5 [2/3]
  byol     failed
  random   …

±: over seeds, each with its own label subset and training.
No interval: scores of the test images are missing, seeds were scored on different images, or the images are too few.
… is not finished yet.
failed: `mlvicx-bench status` shows why.
[a/b]: the mean is over a of b classes; the others are undefined.
)");
    CHECK(gap_text(rows) == R"(nih, frozen (linear probe), 100 % of the labels (700 images):
  mlvicx - random = +18.0 points (n = 3)
  byol   - random = -3.0 points (n = 3)
)");
}

TEST_CASE("report: the CSV has every figure in full precision", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    make_experiment(store);
    const auto rows = grid(store);
    const auto text = grid_csv(rows);
    CHECK(text.find("dataset,protocol,method,fraction,train_images,auc_mean,auc_deviation,seeds,planned_seeds,"
                    "failed_seeds,undefined_seeds,defined_classes,classes,auc_low,auc_high,resamples,test_images,test_"
                    "patients,draws,left_out,stamps\nnih,frozen,mlvicx,0.05,35,") == 0);
    CHECK(text.find(fmt::format("\nnih,frozen,byol,1,700,{},{},3,3,0,0,1,1,,,0,0,0,0,0,\n",
                                rows[1].cells[1].main().value.mean, rows[1].cells[1].main().value.deviation)) !=
          std::string::npos);
    CHECK(text.find("\nnih,finetuned,mlvicx,0.05,35,0.765,,1,1,0,0,2,3,,,0,0,0,0,0,\n") != std::string::npos);
    CHECK(text.find("\nnih,finetuned,byol,0.05,,,,0,1,1,0,0,0,,,0,0,0,0,0,\n") != std::string::npos);
    CHECK(text.find("\nnih,finetuned,random,0.05,,,,0,1,0,0,0,0,,,0,0,0,0,0,\n") != std::string::npos);
    const auto seeds = seeds_csv(store);
    CHECK(seeds.find("\nnih,frozen,mlvicx,0.05,1,35,test,auc,,0.72,,,1,mlvicx0.051,,,\n") != std::string::npos);
    CHECK(seeds.find("\nnih,frozen,mlvicx,0.05,1,35,test,auc,Mass,0.72,10,90,1,mlvicx0.051,,,\n") != std::string::npos);
    CHECK(seeds.find("\nnih,finetuned,mlvicx,0.05,0,35,test,auc,Hernia,,0,100,0,tmlvicx,,,\n") != std::string::npos);
}

TEST_CASE("report: missing seeds, undefined classes and single figures are distinguished", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    std::vector<JobKey> jobs;
    for (int seed = 0; seed < 3; ++seed)
        for (const double amount : {1.0, 0.5, 50.0, 0.125})
            jobs.push_back(job(fmt::format("{}-{}", amount, seed), "a, \"b\"", amount, seed));
    store.add_experiment("partial", json::object(), jobs);
    auto undefined = result();
    undefined.scored.reset();
    undefined.scores.clear();
    undefined.test = aucs({{"Mass", {}, 0, 9}});
    undefined.train_images = 50;
    auto defined = result(0.5);
    defined.scored.reset();
    defined.scores.clear();
    for (const auto& key : jobs) {
        defined.train_images = 10 + key.seed;
        if (key.fraction == 50) store.finish(key, undefined, provenance);
        if (key.fraction == 0.125 && key.seed < 2) store.finish(key, defined, provenance);
        if (key.fraction == 0.5 && key.seed == 0) store.finish(key, defined, provenance);
    }
    const auto rows = grid(store, "partial");
    REQUIRE(rows.size() == 1);
    REQUIRE(rows[0].cells.size() == 4);
    CHECK(rows[0].cells[0].undefined == 3);
    CHECK(rows[0].cells[1].main().value.count == 2);
    CHECK(rows[0].cells[1].train_images == 10.5);
    CHECK(
        grid_text(rows) ==
        R"(nih, frozen (linear probe): test AUC in percent, mean over classes ± standard deviation over seeds, n = 3 seeds

  method   50 images   12.5 %                     50 %                 100 %
                       10.5 images                10 images
  a, "b"   -           50.0 ± 0.0 (n = 2) [2/3]   50.0 (n = 1) [2/3]   …

±: over seeds, each with its own label subset and training.
No interval: scores of the test images are missing, seeds were scored on different images, or the images are too few.
… is not finished yet.
- is undefined: no class has both positives and negatives in the test split.
(n = ...): the mean is over a different number of seeds.
[a/b]: the mean is over a of b classes; the others are undefined.
)");
    CHECK(grid_csv(rows).find("\nnih,frozen,\"a, \"\"b\"\"\",0.5,10,0.5,,1,3,0,0,2,3,,,0,0,0,0,0,\n") !=
          std::string::npos);
    CHECK(gap_text(rows) ==
          "nih, frozen (linear probe), 100 % of the labels:\n  The plan has no control \"random\" to compare with.\n");
}

TEST_CASE("report: the first seeds of a plan that still runs are its table, without a note in every entry", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    std::vector<JobKey> jobs;
    for (int seed = 0; seed < 3; ++seed)
        for (const std::string method : {"mlvicx", "byol"})
            jobs.push_back(job(fmt::format("{}{}", method, seed), method, 1, seed));
    store.add_experiment("running", json::object(), jobs);
    for (const auto& key : jobs)
        if (key.seed == 0) store.finish(key, result(), provenance);
    const auto first = grid_text(grid(store, "running"));
    CHECK(contains(first, "n = 1 of 3 seeds"));
    CHECK_FALSE(contains(first, "(n = "));
    store.finish(jobs[2], result(), provenance);
    const auto ahead = grid_text(grid(store, "running"));
    CHECK(contains(ahead, "n = 2 of 3 seeds"));
    CHECK(contains(ahead, "(n = 1)"));
}

TEST_CASE("report: a gap that cannot be computed says why", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    const std::vector<JobKey> jobs = {job("a", "byol"), job("b", "simclr"), job("c", "random", 1, 0),
                                      job("d", "random", 1, 1)};
    store.add_experiment("gaps", json::object(), jobs);
    CHECK(gap_text(grid(store)) ==
          "nih, frozen (linear probe), 100 % of the labels:\n  byol   - random = not finished\n"
          "  simclr - random = not finished\n");
    for (const auto& [at, auc] : {std::pair(0, 0.75), std::pair(2, 0.7512), std::pair(3, 0.7512)}) {
        auto r = result(auc);
        r.scored.reset();
        r.scores.clear();
        store.finish(jobs[static_cast<std::size_t>(at)], r, provenance);
    }
    CHECK(gap_text(grid(store)) == "nih, frozen (linear probe), 100 % of the labels (40 images):\n"
                                   "  byol   - random = -0.1 points (n = 1 and 2)\n"
                                   "  simclr - random = not finished\n");
}

TEST_CASE("report: the control is the plan's, whatever its name", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    auto scratch = job("b", "scratch");
    scratch.control = true;
    const std::vector<JobKey> jobs = {job("a", "byol"), scratch};
    store.add_experiment("named", json::object(), jobs);
    for (const auto& key : jobs) store.finish(key, result(key.control ? 0.5 : 0.75), provenance);
    CHECK(contains(gap_text(grid(store)), "  byol    - scratch = +25.0 points ("));
    CHECK(number(store.db(), "SELECT count(*) FROM low_data_curve WHERE method = 'byol' AND over_random = 25") == 1);
}

TEST_CASE("report: the Markdown says what the figures are based on", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    make_experiment(store);
    const auto text = report_markdown(store);
    for (const std::string part :
         {"# small\n25 of 27 jobs are done: the figures are not final.\n",
          "### nih, frozen (linear probe)\ntest AUC in percent, mean over classes ± standard deviation over seeds, n = "
          "3 seeds\n\n"
          "| method | 5 % (35 images) | 100 % (700 images) |\n|:--|:--|:--|\n| mlvicx | 72.0 ± 2.0 | 81.0 ± 1.0 |\n",
          "  byol   - random = -3.0 points (n = 3)\n",
          "### nih\nFingerprint `f1n9e2`.\n\n| class | positive test images | negative test images |\n"
          "|:--|--:|--:|\n| Mass | 10 | 90 |\n",
          "| mlvicx-bench | 0.1.0 |\n| git commit | abc1234 |\n| LibTorch | 1.13.0 |\n| device | cpu |\n| host | box "
          "|\n"
          "| seeds | 0, 1, 2 |\n",
          "| time, all jobs together | 6 h 03 min |\n", "```json\n{\n  \"name\": \"small\"\n}\n```\n"}) {
        INFO(part << "in" << text);
        CHECK(text.find(part) != std::string::npos);
    }
}

TEST_CASE("report: test images known before the test are counted by dataset and method", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    const std::vector<JobKey> jobs = {job("a", "byol"), job("b", "simclr"), job("c", "random"), job("d", "weights"),
                                      job("e", "random", 1, 0, "frozen", "rsna")};
    store.add_experiment("leaks", json::object(), jobs);
    CHECK(leakage_text(store, {}, true).empty()); // nothing was looked for yet
    const std::vector<Leakage> found = {{400, 0, 12}, {400, 0, 12}, {400, 0, 0}, {400, 0, {}}, {90, 1, 0}};
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        auto r = result();
        r.leakage = found[i];
        store.finish(jobs[i], r, provenance);
    }
    CHECK(leakage_text(store) == "nih: 12 of 400 test images were seen in pre-training (byol, simclr)\n"
                                 "rsna: 1 of 90 test images was also in training or validation\n");
    const auto all = leakage_text(store, "leaks", true);
    CHECK(all.find("nih: none of 400 test images were seen in pre-training (random)\n") != std::string::npos);
    CHECK(all.find("nih: none of 400 test images were also in training or validation\n") != std::string::npos);
    CHECK(report_markdown(store).find("## Test images known before the test\n```\n" + all) != std::string::npos);
    CHECK(number(store.db(), "SELECT count(*) FROM leakage WHERE in_pretraining IS NULL") == 1);
    store.finish(jobs[0], result(), provenance); // replaces what was there
    CHECK(number(store.db(), "SELECT count(*) FROM leakage") == 4);
}

TEST_CASE("report: results of a run without the audit say so", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    const std::vector<JobKey> jobs = {job("a", "byol"), job("b", "random"), job("c", "simclr")};
    store.add_experiment("unaudited", json::object(), jobs);
    auto r = result();
    r.details["audited"] = false;
    store.finish(jobs[0], r, provenance);
    store.finish(jobs[1], r, provenance);
    store.finish(jobs[2], result(), provenance); // evaluated by itself, where nothing is said
    const std::string line =
        "nih: not audited (byol, random): test images may be known from training or pre-training\n";
    CHECK(leakage_text(store) == line);
    CHECK(report_markdown(store).find("## Test images known before the test\n```\n" + line) != std::string::npos);
}

TEST_CASE("report: the files are written next to each other with the same content", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    make_experiment(store);
    const auto rows = grid(store, "small");
    const auto files = write_report(store, "small", report_figures(store, "small", rows), folder / "tables/report");
    REQUIRE(files.size() == 6);
    CHECK(files[0] == folder / "tables/report.md");
    CHECK(read_text(files[0]) == report_markdown(store));
    CHECK(read_text(folder / "tables/report.csv") == grid_csv(rows));
    CHECK(read_text(folder / "tables/report-classes.csv") == classes_csv(rows));
    CHECK(read_text(folder / "tables/report-pairs.csv") == pairs_csv(method_pairs(store, rows)));
    CHECK(read_text(folder / "tables/report-seeds.csv") == seeds_csv(store));
    CHECK(read_text(folder / "tables/report-curves.csv") == curves_csv(store));
    CHECK(std::distance(std::filesystem::directory_iterator(folder / "tables"), {}) == 6);
}

TEST_CASE("report: the experiment used last is the default, an unknown one is an error that lists all", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    CHECK(complaint(store, "") == (folder / "results.db").string() + ": has no experiments yet");
    const json::value plan = {{"seeds", 1}}, changed = {{"seeds", 2}};
    store.add_experiment("one", plan, {job("a", "old")});
    store.add_experiment("one", changed, {job("a", "new")});
    store.add_experiment("two", plan, {job("a", "other")});
    CHECK(grid(store)[0].method == "other");
    CHECK(grid(store, "one")[0].method == "new");
    store.add_experiment("one", plan, {job("a", "old")});
    CHECK(grid(store)[0].method == "old");
    CHECK(store.experiment_names() == std::vector<std::string>{"one", "two"});
    CHECK(complaint(store, "three") ==
          (folder / "results.db").string() + ": has no experiment \"three\", expected one of: one, two");
    store.add_experiment("pretraining only", plan, {job("p", "byol", 0, 0, "")});
    CHECK(grid_text(grid(store)) == "This experiment has no evaluations.\n");
    CHECK(gap_text(grid(store)).empty());
}
