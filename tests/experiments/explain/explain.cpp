#include "experiments/explain/explain.h"
#include "core/json.h"
#include "results/report/text.h"
#include "tests/support/bench_process.h"
#include "tests/support/catch.h"
#include "tests/support/trial_plan.h"

#include <regex>
#include <sstream>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace {

/// The explanation of a plan file by the program; expects that it succeeds and that no line is wider than 80 columns.
std::string explained(const TempFolder& folder, const std::vector<std::string>& arguments) {
    std::vector<std::string> words{"plan"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const Ran ran = run_bench(folder, words);
    INFO(ran.err);
    CHECK(ran.status == 0);
    std::istringstream lines(ran.out);
    for (std::string line; std::getline(lines, line);) {
        INFO(line);
        CHECK((text_width(line) <= 80 || line.find_first_of(' ', 11) == std::string::npos)); // a path may be longer
    }
    return ran.out;
}

/// The explanation with every run of blanks as one.
std::string plain(const std::string& text) {
    return std::regex_replace(text, std::regex("\\s+"), " ");
}

const char* const drawn = R"({
  "name": "drawn", "about": "Drawn images.",
  "datasets": {"images": {"importer": "phantom", "size": 32, "phantom": {"images": 60, "size": 32}}},
  "pretrain": {"epochs": 1, "batch_size": 8, "image_size": 32},
  "methods": [{"name": "simclr", "hidden": 32, "output": 16},
              {"name": "mlvicx", "hidden": 32, "output": 16, "level_channels": 16},
              {"name": "mlvicx", "label": "without context", "hidden": 32, "output": 16, "level_channels": 16,
               "evaluate": {"features": "backbone"}}, "random"],
  "controls": false,
  "evaluate": {"fractions": [0.5, 1], "protocols": ["frozen"], "image_size": 32, "frozen": {"iterations": 5}},
  "seeds": [0]
})";

} // namespace

TEST_CASE("explain: what a plan needs is listed at once, with the variable or key that names it", "[unit]") {
    const TempFolder folder;
    ::unsetenv("MLVICX_TEST_ROOT");
    json::object plan = good_plan();
    plan["datasets"] = json::parse(R"({"images": {"importer": "nih", "root": "${MLVICX_TEST_ROOT}/nih", "size": 224},
        "more": {"importer": "rsna", "root": "nowhere"}, "ready": {"file": "no.safetensors"}})");
    plan["pretrain"].as_object()["dataset"] = "images";
    plan["evaluate"].as_object()["datasets"] = json::parse(R"(["images", "more", "ready"])");
    plan["evaluate"].as_object()["subsets"] = "subsets.json";
    plan["methods"].as_array().push_back(
        json::parse(R"({"name": "weights", "label": "imagenet", "file": "w.safetensors"})"));
    write_text(folder / "plan.json", json::serialize(plan));
    const std::string text = plain(explained(folder, {"plan.json"}));
    CHECK(contains(text, "missing $.datasets.images.root: ${MLVICX_TEST_ROOT}/nih, MLVICX_TEST_ROOT is not set"));
    CHECK(contains(text, "missing $.datasets.more.root: " + (folder / "nowhere").string()));
    CHECK(contains(text, "missing $.datasets.ready.file: " + (folder / "no.safetensors").string()));
    CHECK(contains(text, "missing \"imagenet\": file: " + (folder / "w.safetensors").string()));
    CHECK(contains(text, "missing $.evaluate.subsets: " + (folder / "subsets.json").string()));
    CHECK(contains(text, "5 missing or wrong: the plan cannot run yet."));
    CHECK(contains(text, "112120 images of 224 pixels (as published)"));
    CHECK(contains(text, "26684 images of 224 pixels (as published)"));
    CHECK(contains(text, "number of images unknown"));
    CHECK(contains(text, "4 pre-trainings and 96 evaluations"));
    CHECK(names_below(folder) == std::vector<std::string>{"plan.json"});
}

TEST_CASE("explain: a control that depends on unread tables is named, not counted as nothing", "[unit]") {
    const TempFolder folder;
    json::object plan = good_plan();
    plan["controls"] = true;
    write_text(folder / "plan.json", json::serialize(plan));
    const std::string text = plain(explained(folder, {"plan.json"}));
    CHECK(contains(text, "metadata - - - -"));
    CHECK(contains(text, "metadata runs on datasets with sex, age or view position, which are known once"));
    plan["controls"] = false;
    write_text(folder / "plan.json", json::serialize(plan));
    CHECK(!contains(explained(folder, {"plan.json"}), "metadata"));
}

TEST_CASE("explain: the tables of a folder are read, and what is wrong with them is told", "[unit]") {
    const TempFolder folder;
    write_text(folder / "images.csv", "path,patient,split,nodule\nb.png,p,train,1\n");
    json::object plan = good_plan();
    plan["datasets"] = json::parse(R"({"images": {"importer": "manifest", "manifest": "images.csv", "size": 32}})");
    write_text(folder / "plan.json", json::serialize(plan));
    CHECK(contains(plain(explained(folder, {"plan.json"})), "wrong $.datasets.images: "));
    write_text(folder / "b.png", "not looked at");
    const std::string text = plain(explained(folder, {"plan.json"}));
    CHECK(contains(text, "1 images of 32 pixels (its tables): 1 training, 0 validation, 0 test"));
    CHECK(contains(text, "found $.datasets.images.manifest"));
}

TEST_CASE("explain: jobs are counted, shared pre-trainings named, and done jobs subtracted", "[slow]") {
    const TempFolder folder;
    write_text(folder / "plan.json", drawn);
    std::string text = plain(explained(folder, {"plan.json", "--results", "r.db"}));
    CHECK(contains(text, "Jobs: 2 pre-trainings and 8 evaluations "));
    CHECK(contains(text,
                   "method pre-trainings 50 % 100 % all simclr 1 1 1 2 mlvicx 1 1 1 2 without context shared 1 1 2 "
                   "random - 1 1 2"));
    CHECK(contains(text, "An entry is 1 protocol (frozen) x 1 dataset (images) x 1 seed (0)"));
    CHECK(contains(text, "One pre-training for each seed serves \"mlvicx\", \"without context\"."));
    CHECK(contains(text, "60 images of 32 pixels (to be drawn)"));
    CHECK(contains(text, "a method's line is one pre-training method H200 2 Xeon cores 2 cores, fp32 simclr "));
    CHECK(contains(text, "2 pre-trainings"));
    REQUIRE(run_bench(folder, {"run", "plan.json", "--results", "r.db", "--only", "method=simclr"}).status == 0);
    text = plain(explained(folder, {"plan.json", "--results", "r.db"}));
    CHECK(contains(text, "2 pre-trainings and 8 evaluations, 3 of them done"));
    CHECK(contains(text, "simclr 1/1 1/1 1/1 2/2"));
    CHECK(contains(text, "60 images of 32 pixels (prepared)"));
    CHECK(contains(text, "1 pre-training "));
    CHECK(contains(text, "By the finished jobs of r.db: 7 left, about"));
    REQUIRE(run_bench(folder, {"run", "plan.json", "--results", "r.db"}).status == 0);
    CHECK(contains(plain(explained(folder, {"plan.json", "--results", "r.db"})), "10 of them done"));
}

TEST_CASE("explain: a measurement here adds this machine's times", "[slow]") {
    const TempFolder folder;
    write_text(folder / "plan.json", drawn);
    const std::string text =
        plain(explained(folder, {"plan.json", "--measure", "--measure-seconds", "1", "--device", "cpu"}));
    CHECK(contains(text, "is one pre-training method here H200 2 Xeon cores 2 cores, fp32"));
    CHECK(std::regex_search(text, std::regex(" simclr \\d+ s \\d")));
    CHECK(contains(text, "Device: cpu"));
    CHECK(names_below(folder) == std::vector<std::string>{"plan.json"});
}

TEST_CASE("explain: a plan for another machine is explained; a mistake ends with exit status 2", "[unit]") {
    const TempFolder folder;
    json::object plan = good_plan();
    plan["device"] = "cuda:77";
    write_text(folder / "plan.json", json::serialize(plan));
    CHECK(contains(plain(explained(folder, {"plan.json"})), "$.device: device 'cuda:77' does not exist here"));
    const auto refused = [&](const std::vector<std::string>& arguments) {
        const Ran ran = run_bench(folder, arguments);
        CHECK(ran.status == 2);
        CHECK(ran.out.empty());
        return ran.err;
    };
    CHECK(contains(refused({"plan", "plan.json", "--device", "cuda:77"}), "does not exist here"));
    CHECK(contains(refused({"plan", "plan.json", "--root", "other=x"}), "--root names \"other\""));
    CHECK(contains(refused({"plan", "nowhere.json"}), "nowhere.json"));
    write_text(folder / "r.db", "a letter to a friend, long enough to look like something");
    CHECK(contains(refused({"plan", "plan.json", "--results", "r.db"}), "r.db"));
    plan["seed"] = 3;
    write_text(folder / "plan.json", json::serialize(plan));
    CHECK(contains(refused({"plan", "plan.json"}), "plan.json: $.seed: unknown key"));
    plan.erase("seed");
    plan["methods"] = json::parse(R"(["byol", {"name": "byol", "label": "again"}])");
    write_text(folder / "plan.json", json::serialize(plan));
    CHECK(contains(refused({"plan", "plan.json"}), "differ only in their names"));
}

TEST_CASE("explain: long labels get numbers in the table", "[unit]") {
    const TempFolder folder;
    json::object plan = good_plan();
    plan["methods"] = json::parse(R"([{"name": "mlvicx", "grid": {"multi_level_weight": [0, 0.25],
        "optimizer.learning_rate": [0.1, 2]}}, "random"])");
    write_text(folder / "plan.json", json::serialize(plan));
    const std::string text = plain(explained(folder, {"plan.json"}));
    CHECK(contains(text, " 2 mlvicx (multi_level_weight 0; optimizer.learning_rate 2)"));
    CHECK(contains(text, " method pre-trainings 10 % 100 % all 1 2 4 4 8 2 2 4 4 8"));
}

TEST_CASE("explain: the plans that come with the suite are explained without their data", "[slow]") {
    const TempFolder folder;
    for (const char* variable : {"NIH_ROOT", "NIH_METADATA", "JSRT_ROOT"}) ::unsetenv(variable);
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(MLVICX_SOURCE) / "experiments/plans"))
        if (entry.path().extension() == ".json") {
            INFO(entry.path());
            const std::string text = explained(folder, {entry.path().string()});
            for (const char* section : {"\nJobs: ", "\nDatasets\n", "\nFiles and folders\n", "\nDisk, besides",
                                        "\nMemory\n", "\nDevice: ", "\nTime: "})
                CHECK(contains(text, section));
        }
}
