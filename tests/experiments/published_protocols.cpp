// Published protocols end to end: lists of images as splits and label subsets, classes that count, and selection on the
// test images.
#include "datasets/import.h"
#include "datasets/phantom/phantom.h"
#include "datasets/text/text_file.h"
#include "experiments/runner/jobs.h"
#include "results/store/sqlite.h"
#include "tests/support/bench_process.h"
#include "tests/support/catch.h"
#include "tests/support/plan_run.h"
#include "tests/support/plan_text.h"

#include <cstdlib>
#include <map>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace fs = std::filesystem;

namespace {

/// Images in NIH's layout, drawn into `folder`/nih, with official lists and lists of our own.
struct Listed : TempFolder {
    Listed() {
        ImportOptions options;
        options.importer = "phantom";
        options.root = path / "nih";
        options.split.kind = "patient";
        options.split.validation = 0.15;
        options.split.test = 0.4;
        options.own<PhantomOptions>().images = 160;
        options.own<PhantomOptions>().size = 64;
        std::map<Split, std::string> text;
        std::vector<std::string> train;
        for (const ImageEntry& image : import_dataset(options).images) {
            text[image.split] += image.id + '\n';
            if (image.split == Split::train) train.push_back(image.id);
        }
        for (const auto& [split, names] : text) write_text(path / (std::string(name_of(split)) + ".txt"), names);
        for (const auto& [file, count] : {std::pair("one.csv", 20), {"same.csv", 20}, {"more.csv", 40}}) {
            std::string list = "Image Index,Finding Labels\n";
            for (int i = 0; i < count; ++i)
                list += "images/" + train[static_cast<std::size_t>(file[0] == 's' ? count - 1 - i : i)] + ",Mass\n";
            write_text(path / file, list);
        }
    }

    json::object plan(const std::string& evaluate) const {
        json::object text = json::parse(R"({"name": "listed",
            "datasets": {"nih": {"importer": "nih", "root": "nih", "size": 32, "split": {"kind": "lists",
                "train": "${LISTED}/train.txt", "validation": "validation.txt", "test": "test.txt"}}},
            "methods": ["random"],
            "controls": false,
            "evaluate": {"protocols": ["frozen", "finetuned"], "image_size": 32, "precision": "fp32",
                         "frozen": {"iterations": 20},
                         "finetuned": {"epochs": 1, "precision": "fp32"}},
            "seeds": [0, 1]})")
                                .as_object();
        const json::object more = json::parse(evaluate).as_object();
        for (const auto& item : more) text["evaluate"].as_object()[item.key()] = item.value();
        return text;
    }
    Ran run(const json::object& plan, const std::vector<std::string>& more = {}) const {
        ::setenv("LISTED", path.c_str(), 1);
        return mlvicx::testing::run_plan_in(*this, plan, more);
    }
    std::string query(const std::string& sql) const { return mlvicx::testing::found_in(*this, sql); }
};

constexpr const char* all_of_it = R"({"fractions": [0.1, 0.2, 0.4, 1],
    "subsets": {"0.1": "one.csv", "0.2": "same.csv", "0.40": "more.csv"},
    "classes": ["all", "No Finding"], "selection": "test_as_published"})";

} // namespace

TEST_CASE("published protocols: lists, classes and selection run, and every figure says what it is", "[unit]") {
    const Listed folder;
    const Ran ran = folder.run(folder.plan(all_of_it));
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    CHECK(contains(ran.err, "10 % and 20 % are the same 20 images, so a figure at the one is a figure at the other"));
    CHECK(contains(ran.err, "chosen on the test images"));
    CHECK(contains(ran.out, "nih, frozen (linear probe) §"));
    CHECK(folder.query("SELECT DISTINCT fraction || ' ' || train_images FROM jobs WHERE fraction < 1 ORDER BY 1") ==
          "0.1 20\n0.2 20\n0.4 40\n");
    CHECK(folder.query("SELECT DISTINCT json_extract(details, '$.stamps') FROM jobs") == "[\"test_as_published\"]\n");
    CHECK(folder.query("SELECT count(*) FROM metrics WHERE split = 'validation'") == "0\n");
    CHECK(folder.query("SELECT DISTINCT json_extract(details, '$.chosen_by') FROM jobs WHERE protocol = 'frozen'") ==
          "test AUC\n");
    CHECK(folder.query("SELECT DISTINCT name FROM curves WHERE name LIKE '%auc'") == "test_auc\n");
    CHECK(folder.query("SELECT count(*) FROM image_sets WHERE json_array_length(classes) = 15") == "1\n");
    // The probe's regularisation is the best on the test images of those that it tried.
    CHECK(folder.query("SELECT count(*) FROM jobs j JOIN metrics m ON m.job_id = j.id AND m.metric = 'auc' AND "
                       "m.position = 0 WHERE protocol = 'frozen' AND abs(m.value - json_extract(details, "
                       "'$.test_auc')) > 1e-6") == "0\n");
    // The same images and seed give the same figure at both label fractions.
    CHECK(folder.query("SELECT count(DISTINCT m.value) FROM jobs j JOIN metrics m ON m.job_id = j.id AND m.metric = "
                       "'auc' AND m.position = 0 WHERE protocol = 'frozen' AND seed = 0 AND fraction < 0.3") == "1\n");
    // Normal images are the positives of No Finding.
    CHECK(
        folder.query("SELECT DISTINCT m.negatives - (SELECT max(n.positives) FROM metrics n WHERE n.job_id = m.job_id "
                     "AND n.metric = 'auc' AND n.class <> 'No Finding') >= 0 FROM metrics m WHERE m.class = 'No "
                     "Finding' AND m.metric = 'auc'") == "1\n");

    const Ran report =
        run_bench(folder, {"report", "results.db", "--published",
                           (fs::path(MLVICX_SOURCE) / "experiments/plans/published/published.csv").string()});
    INFO(report.err << report.out);
    REQUIRE(report.status == 0);
    CHECK(contains(report.out, "over 14"));
    CHECK(contains(report.out, "nih: 10 % and 20 % are the same 20 images"));
    CHECK(contains(report.out, "same protocol: no (split"));
    CHECK(contains(read_text(folder / "report.md"), "## With and without No Finding"));
    CHECK(fs::exists(folder / "report-published.csv"));
}

TEST_CASE("published protocols: the selection changes a job's identity, its default nothing", "[unit]") {
    JobKey key;
    key.protocol = "frozen";
    const EvaluationInputs inputs{"resnet18", "id", "fingerprint"};
    PlanEvaluation options;
    const auto plain = evaluate_config(options, key, inputs, torch::kCPU);
    CHECK_FALSE(plain.contains("selection"));
    CHECK_FALSE(plain.contains("classes"));
    options.selection = "test_as_published";
    CHECK(evaluate_config(options, key, inputs, torch::kCPU).at("selection") == "test_as_published");
    options.selection = "validation";
    options.classes = {"Mass"};
    CHECK(evaluate_config(options, key, inputs, torch::kCPU).at("classes").as_array().size() == 1);
    key.protocol = "segmentation_frozen"; // masks are no classes
    CHECK_FALSE(evaluate_config(options, key, inputs, torch::kCPU).contains("classes"));
}

TEST_CASE("published protocols: lists without validation images need the selection on the test", "[unit]") {
    const Listed folder;
    auto plan = folder.plan(R"({"fractions": [1], "protocols": ["frozen"]})");
    auto& split = plan["datasets"].as_object()["nih"].as_object()["split"].as_object();
    split["validation"] = 0;
    const Ran refused = folder.run(plan);
    CHECK(refused.status == 2);
    CHECK(contains(refused.err, "its validation split is empty"));
    plan["evaluate"].as_object()["selection"] = "test_as_published";
    const Ran ran = folder.run(plan);
    INFO(ran.err);
    CHECK(ran.status == 0);
}

TEST_CASE("published protocols: shared patients are accepted on request, and every figure says so", "[unit]") {
    const Listed folder;
    auto tested = read_names(folder / "test.txt");
    std::string moved; // an image whose patient has another in the test
    for (std::size_t i = 1; i < tested.size() && moved.empty(); ++i)
        if (tested[i].substr(0, 8) == tested[i - 1].substr(0, 8)) moved = tested[i];
    REQUIRE_FALSE(moved.empty());
    std::string text;
    for (const auto& name : tested)
        if (name != moved) text += name + "\n";
    write_text(folder / "test.txt", text);
    write_text(folder / "train.txt", read_text(folder / "train.txt") + moved + "\n");
    auto plan = folder.plan(R"({"fractions": [1], "protocols": ["frozen"]})");
    const Ran refused = folder.run(plan);
    CHECK(refused.status == 2);
    CHECK(contains(refused.err, "patients have images in two splits"));
    CHECK_FALSE(fs::exists(folder / "results.db"));
    plan["datasets"].as_object()["nih"].as_object()["split"].as_object()["allow_shared_patients"] = true;
    const Ran ran = folder.run(plan);
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    CHECK(contains(ran.out, "‡"));
    CHECK(folder.query("SELECT DISTINCT json_extract(details, '$.stamps') FROM jobs") == "[\"shared_patients\"]\n");
}

TEST_CASE("published protocols: bad lists, classes and selections are refused in one sentence", "[unit]") {
    const Listed folder;
    const auto refusal = [&](const std::string& evaluate) {
        const Ran ran = folder.run(folder.plan(evaluate));
        CHECK(ran.status == 2);
        CHECK_FALSE(fs::exists(folder / "results.db"));
        return ran.err;
    };
    const std::string test = read_text(folder / "test.txt");
    write_text(folder / "outside.txt", test.substr(0, test.find('\n') + 1));
    CHECK(contains(refusal(R"({"fractions": [0.1], "subsets": {"0.1": "outside.txt"}})"),
                   "outside.txt: 1 of 1 listed images are not in the training split of"));
    write_text(folder / "none.txt", "no such image 1\n");
    CHECK(contains(refusal(R"({"fractions": [0.1], "subsets": {"0.1": "none.txt"}})"),
                   "1 of 1 listed images are not in"));
    CHECK(contains(refusal(R"({"fractions": [0.1], "subsets": {"0.2": "one.csv"}})"),
                   "$.evaluate.subsets has no list for 0.1 of $.evaluate.fractions"));
    CHECK(contains(refusal(R"({"fractions": [0.1], "subsets": {"0.1": "one.csv", "1e-1": "same.csv"}})"),
                   "has two lists for 0.1"));
    CHECK(contains(refusal(R"({"fractions": [0.1], "subsets": {"ten": "one.csv"}})"), "has the key \"ten\", expected"));
    CHECK(contains(refusal(R"({"fractions": [0.1], "subsets": {"0.1": "one.csv", "0.2": "same.csv"}})"),
                   "has a list for 0.2, which $.evaluate.fractions does not have"));
    CHECK(contains(refusal(R"({"fractions": [0.1], "draws": [1], "subsets": {"0.1": "one.csv"}})"),
                   "but $.evaluate.draws would draw them"));
    CHECK(contains(refusal(R"({"fractions": [0.1], "subsets": {"0.1": 3}})"), "$.evaluate.subsets.0.1 is an integer"));
    CHECK(contains(refusal(R"({"fractions": [0.1], "subsets": [1]})"),
                   "$.evaluate.subsets is a list, expected a file or an object of files"));
    CHECK(contains(refusal(R"({"classes": ["Mas"]})"), "has \"Mas\", which dataset \"nih\" lacks; expected all, No "
                                                       "Finding or one of"));
    CHECK(contains(refusal(R"({"classes": ["all", "Mass"]})"), "has \"Mass\" twice"));
    CHECK(contains(refusal(R"({"selection": "test"})"),
                   "$.evaluate.selection is \"test\", expected one of: validation, "
                   "test_as_published"));
}

TEST_CASE("published protocols: evaluate takes lists and classes too, and says how it chose", "[unit]") {
    const Listed folder;
    ::setenv("LISTED", folder.path.c_str(), 1);
    const Ran made = run_bench(folder, {"prepare", "--dataset", "nih", "--root", "nih", "--split", "lists",
                                        "--train-list", "train.txt", "--validation-list", "validation.txt",
                                        "--test-list", "test.txt", "--size", "32", "--out", "nih.safetensors"});
    INFO(made.err);
    REQUIRE(made.status == 0);
    CHECK(contains(made.out, "lists: train by train.txt"));
    const Ran ran = run_bench(folder, {"evaluate", "--data", "nih.safetensors", "--encoder", "random", "--image-size",
                                       "32", "--fraction", "0.1", "--set", R"(subsets={"0.1": "one.csv"})", "--set",
                                       R"(classes=["all", "No Finding"])", "--set", "selection=test_as_published"});
    INFO(ran.err << ran.out);
    REQUIRE(ran.status == 0);
    CHECK(contains(ran.out, "§: checkpoint, regularisation or neighbours were chosen on the test images"));
    CHECK(contains(ran.out, "No Finding"));
}
