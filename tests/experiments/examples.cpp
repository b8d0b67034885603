#include "results/store/sqlite.h"
#include "tests/support/bench_process.h"
#include "tests/support/catch.h"
#include "tests/support/own_images.h"
#include "tests/support/python.h"

#include <fmt/format.h>

#include <set>
#include <sstream>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace fs = std::filesystem;

namespace {

const std::string small = "SIZE=32 EPOCHS=1 BATCH=16 ";

/// Runs an example in `folder` with these variables and arguments; returns what it printed. It must succeed.
std::string ran_example(const TempFolder& folder, const std::string& call) {
    const auto command = fmt::format("cd {} && MLVICX_BENCH={} {} > example.out 2>&1 < /dev/null", folder.path.string(),
                                     MLVICX_BENCH, call);
    const int state = std::system(command.c_str());
    const std::string said = read_text(folder / "example.out");
    INFO(call << "\n" << said);
    REQUIRE(state == 0);
    return said;
}

std::string example(const std::string& name) {
    return MLVICX_SOURCE "/examples/" + name;
}

void bench(const TempFolder& folder, const std::vector<std::string>& arguments) {
    const Ran ran = run_bench(folder, arguments);
    INFO(ran.err);
    REQUIRE(ran.status == 0);
}

/// 120 synthetic images as data.safetensors, and what a ResNet-18 learned of them in one epoch as weights.safetensors.
void prepare_data(const TempFolder& folder) {
    bench(folder, {"prepare", "--dataset", "phantom", "--root", "data", "--phantom-images", "120", "--phantom-size",
                   "64", "--split", "patient", "--size", "32", "--out", "data.safetensors"});
    bench(folder, {"pretrain", "--data", "data.safetensors", "--method", "simclr", "--epochs", "1", "--batch-size",
                   "16", "--image-size", "32", "--out", "encoders"});
    bench(folder, {"export", "--encoder", "encoders/simclr.safetensors", "--out", "weights.safetensors"});
}

/// Finished evaluations of a results file as "method fraction seed".
std::set<std::string> evaluations_of(const fs::path& results) {
    Sqlite db(results, true);
    Statement query(db, "SELECT method || ' ' || fraction || ' ' || seed FROM evaluations");
    std::set<std::string> rows;
    while (query.step()) rows.insert(query.text(0));
    return rows;
}

} // namespace

TEST_CASE("examples: own images, from one CSV to a report", "[slow]") {
    const TempFolder folder;
    bench(folder, {"phantom", "--out", "data", "--images", "150", "--size", "64"});
    write_own_csv(folder / "my.csv", folder / "data/images", 80);
    ran_example(folder, small + example("own_csv.sh my.csv out"));
    CHECK(evaluations_of(folder / "out/results.db") ==
          std::set<std::string>{"mlvicx 0.1 0", "mlvicx 1.0 0", "random 0.1 0", "random 1.0 0"});
    CHECK(fs::exists(folder / "out/own.png"));
    CHECK(fs::exists(folder / "out/report/index.html"));
}

TEST_CASE("examples: weights from a file against MLVICX and a random encoder", "[slow]") {
    const TempFolder folder;
    prepare_data(folder);
    const std::string call =
        small + "FRACTIONS=1 " + example("imagenet_against_mlvicx.sh data.safetensors weights.safetensors it.db");
    ran_example(folder, call);
    const std::string again = ran_example(folder, call);
    INFO(again);
    const auto rows = evaluations_of(folder / "it.db");
    for (const char* row : {"mlvicx 1.0 0", "imagenet 1.0 0", "random 1.0 0"}) CHECK(rows.count(row) == 1);
    CHECK(fs::exists(folder / "it-report/index.html"));
}

TEST_CASE("examples: a sweep for Slurm is written where there is no sbatch", "[slow]") {
    const TempFolder folder;
    const auto said =
        ran_example(folder, "PARTS=3 GPUS=0 PATH=/usr/bin:/bin " + example("slurm/sweep.sh demo out --cpus 2"));
    CHECK((contains(said, "no sbatch here") || contains(said, "array ")));
    const auto script = read_text(folder / "out/sweep.sbatch");
    for (const char* part : {"#!/usr/bin/env bash", "shards=3", "--cpus-per-task=2", "/out"})
        CHECK(contains(script, part));
}

TEST_CASE("examples: a results file in pandas has the AUCs that the program stored", "[slow]") {
    if (const auto lacks = python_lacks("numpy, pandas"); !lacks.empty()) SKIP_TEST(lacks.c_str());
    const TempFolder folder;
    bench(folder, {"prepare", "--dataset", "phantom", "--root", "data", "--phantom-images", "200", "--phantom-size",
                   "64", "--split", "patient", "--size", "32", "--out", "data.safetensors"});
    bench(folder, {"evaluate", "--data", "data.safetensors", "--encoder", "random", "--image-size", "32", "--results",
                   "own.db"});
    std::istringstream said(ran_example(folder, python() + " " + example("read_results.py own.db")));
    int compared = 0;
    for (std::string line; std::getline(said, line);) {
        std::istringstream words(line);
        std::vector<std::string> all;
        for (std::string word; words >> word;) all.push_back(word);
        if (all.size() < 3 || all.back().find("0.") != 0) continue; // NaN: undefined
        INFO(line);
        CHECK(all.back() == all[all.size() - 2]);
        ++compared;
    }
    CHECK(compared >= 5);
}

TEST_CASE("examples: features that Python computes are evaluated like an encoder", "[slow]") {
    if (const auto lacks = python_lacks("torch, torchvision, safetensors, PIL"); !lacks.empty())
        SKIP_TEST(lacks.c_str());
    const TempFolder folder;
    prepare_data(folder);
    ran_example(folder, "PYTHONPATH=" MLVICX_SOURCE "/packaging/python " + python() + " " +
                            example("features_of_prepared.py data.safetensors weights.safetensors f.safetensors"));
    // ImageNet's weights, which torchvision would download, are already in its folder: here any others.
    write_text(folder / "weights.py",
               "import torch, torchvision\nfrom pathlib import Path\n"
               "name = torchvision.models.ResNet18_Weights.DEFAULT.url.rsplit('/', 1)[1]\n"
               "Path('home/hub/checkpoints').mkdir(parents=True)\n"
               "torch.save(torchvision.models.resnet18().state_dict(), 'home/hub/checkpoints/' + name)\n");
    ran_example(folder, python() + " weights.py");
    ran_example(folder,
                "TORCH_HOME=home " + python() + " " + example("features_of_folder.py data/images g.safetensors"));
    for (const char* features : {"f.safetensors", "g.safetensors"})
        bench(folder, {"evaluate", "--data", "data.safetensors", "--features", features, "--results", "own.db"});
    CHECK(evaluations_of(folder / "own.db") == std::set<std::string>{"f 1.0 0", "g 1.0 0"});
}
