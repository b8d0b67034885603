#include "experiments/runner/tensorboard.h"

#include "core/event_file.h"
#include "results/report/curves.h"
#include "tests/support/bench_process.h"
#include "tests/support/catch.h"
#include "tests/support/python.h"

#include <cmath>
#include <map>
#include <sstream>

using namespace mlvicx;
using namespace mlvicx::testing;
namespace fs = std::filesystem;
using Steps = std::vector<std::int64_t>;

namespace {

const char* const plan = R"({
  "name": "tiny",
  "datasets": {"images": {"importer": "phantom", "size": 32, "phantom": {"images": 80, "size": 48, "seed": 3}}},
  "pretrain": {"epochs": 6, "batch_size": 16, "image_size": 32, "precision": "fp32", "checkpoint_every": 1},
  "methods": [{"name": "simclr", "hidden": 32, "output": 16}, "random"],
  "evaluate": {"fractions": [1], "image_size": 32, "precision": "fp32", "frozen": {"iterations": 30},
               "finetuned": {"epochs": 2, "batch_size": 16, "precision": "fp32"}},
  "seeds": [0]
})";

JobKey key_of(const std::string& kind, const std::string& protocol = "") {
    JobKey key;
    key.kind = kind;
    key.method = "byol / slow";
    key.dataset = "nih";
    key.protocol = protocol;
    key.fraction = 0.01;
    key.seed = 2;
    key.hash = "1a2b3c4d5e6f";
    return key;
}

/// The event files below `folder`, by their run.
std::map<std::string, fs::path> runs_in(const fs::path& folder) {
    std::map<std::string, fs::path> runs;
    if (!fs::exists(folder)) return runs;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) runs[fs::relative(entry.path().parent_path(), folder).string()] = entry.path();
    return runs;
}

/// The runs of the tiny plan end with these steps: 6 epochs of pre-training, 2 of each fine-tuning.
void check_steps(const fs::path& folder) {
    const auto runs = runs_in(folder);
    CHECK(runs.size() == 3);
    for (const auto& [run, file] : runs) {
        INFO(run);
        CHECK(event_steps(file) == (run.starts_with("pretrain/") ? Steps{0, 1, 2, 3, 4, 5} : Steps{0, 1}));
    }
}

} // namespace

TEST_CASE("tensorboard: each job has its own run, named after it", "[unit]") {
    const TempFolder folder;
    const TensorBoard board(folder / "tb");
    const auto run = [&](const JobKey& key) { return fs::relative(board.file(key).parent_path(), folder / "tb"); };
    CHECK(run(key_of("pretrain")) == "pretrain/nih/byol___slow/seed2-1a2b3c4d");
    auto drawn = key_of("evaluate", "finetuned");
    CHECK(run(drawn) == "finetuned/nih/0.01/byol___slow/seed2-1a2b3c4d");
    drawn.draw = 3;
    CHECK(run(drawn) == "finetuned/nih/0.01/byol___slow/seed2-draw3-1a2b3c4d");
    auto outside = key_of("pretrain");
    outside.dataset = "../..";
    outside.method = "";
    CHECK(run(outside) == "pretrain/_._../_/seed2-1a2b3c4d"); // never outside the folder
}

TEST_CASE("tensorboard: epochs that are trained again replace the earlier ones, and missing ones are added at the end",
          "[unit]") {
    const TempFolder folder;
    TensorBoard board(folder / "tb");
    const auto key = key_of("pretrain");
    std::vector<CurvePoint> curves;
    for (const std::int64_t epoch : {0, 1, 2, 3}) {
        board.add(key, {{epoch, "loss", 1.0}, {epoch, "learning_rate", 0.1}});
        curves.insert(curves.end(), {{epoch, "loss", 1.0}, {epoch, "learning_rate", 0.1}});
    }
    CHECK(event_steps(board.file(key)) == Steps{0, 1, 2, 3});
    board.add(key, {{2, "loss", 0.5}});
    CHECK(event_steps(board.file(key)) == Steps{0, 1, 2});
    board.complete(key, curves);
    CHECK(event_steps(board.file(key)) == Steps{0, 1, 2, 3});
    const auto content = read_text(board.file(key));
    board.complete(key, curves); // nothing is missing
    CHECK(read_text(board.file(key)) == content);
    board.complete(key_of("evaluate", "frozen"), {}); // without a training there is no file
    CHECK(runs_in(folder / "tb").size() == 1);

    TensorBoard none("");
    none.add(key, {{0, "loss", 1}});
    none.complete(key, curves);
}

TEST_CASE("tensorboard: a file that cannot be written ends nothing, a folder that cannot be made is refused",
          "[unit]") {
    const TempFolder folder;
    write_text(folder / "file", "x");
    CHECK_THROWS_AS(TensorBoard(folder / "file"), UserError);
    TensorBoard board(folder / "tb");
    write_text(folder / "tb/pretrain", "in the way");
    board.add(key_of("pretrain"), {{0, "loss", 1}});
    board.add(key_of("pretrain"), {{1, "loss", 1}});
    CHECK(read_text(folder / "tb/pretrain") == "in the way");
}

TEST_CASE("tensorboard: a run that is killed and resumed has each epoch once, with the values of the results file",
          "[slow]") {
    const TempFolder folder;
    write_text(folder / "plan.json", plan);
    const std::vector<std::string> arguments = {"run", "plan.json", "--results", "r.db", "--tensorboard", "tb"};
    for (const double seconds : {3.0, 6.0}) run_bench(folder, arguments, seconds);
    const Ran ran = run_bench(folder, arguments);
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    check_steps(folder / "tb");

    // Jobs that are done already are written too.
    const Ran again = run_bench(folder, {"run", "plan.json", "--results", "r.db", "--tensorboard", "other"});
    CHECK(again.status == 0);
    check_steps(folder / "other");
    CHECK(run_bench(folder, {"run", "plan.json", "--results", "s.db", "--tensorboard", "plan.json"}).status == 2);
    CHECK_FALSE(fs::exists(folder / "s.db"));

    if (const auto lacks = python_lacks("tensorboard.backend.event_processing.event_accumulator"); !lacks.empty())
        SKIP_TEST(lacks.c_str());
    for (const std::string name : {"tb", "other"}) {
        std::istringstream said(run_python(folder, R"(
import os
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
for path, _, files in os.walk(")" + name + R"("):
    if not files: continue
    events = EventAccumulator(path).Reload()
    for tag in events.Tags()["scalars"]:
        for e in events.Scalars(tag): print(os.path.basename(path)[-8:], tag, e.step, repr(e.value))
)"));
        std::map<std::string, double> found;
        std::string hash, tag, step, value;
        while (said >> hash >> tag >> step >> value) found[hash + " " + tag + " " + step] = std::stod(value);
        std::size_t points = 0;
        Store store(folder / "r.db", true);
        for (const auto& job : store.jobs_of("tiny"))
            for (const auto& point : curves_of(store, job.key.hash)) {
                const auto key = fmt::format("{} {} {}", job.key.hash.substr(0, 8), point.name, point.epoch);
                INFO(key);
                REQUIRE(found.contains(key));
                if (point.name != "images_per_second")
                    CHECK(found[key] == Approx(point.value).epsilon(1e-6).margin(1e-7));
                ++points;
            }
        CHECK(points > 30);
        CHECK(found.size() == points);
    }
}

TEST_CASE("tensorboard: pretrain writes its curves", "[unit]") {
    const TempFolder folder;
    const Ran prepared = run_bench(folder, {"prepare", "--dataset", "phantom", "--root", "images", "--phantom-images",
                                            "40", "--size", "32", "--out", "p.safetensors"});
    INFO(prepared.err);
    REQUIRE(prepared.status == 0);
    const Ran trained = run_bench(folder, {"pretrain", "--data", "p.safetensors", "--method", "vicreg", "--out", "enc",
                                           "--epochs", "2", "--batch-size", "8", "--image-size", "32", "--set",
                                           "hidden=32", "--set", "output=32", "--tensorboard", "tb"});
    INFO(trained.err);
    REQUIRE(trained.status == 0);
    const auto runs = runs_in(folder / "tb");
    REQUIRE(runs.size() == 1);
    CHECK(runs.begin()->first.starts_with("pretrain/"));
    CHECK(contains(runs.begin()->first, "/vicreg/seed0-"));
    CHECK(event_steps(runs.begin()->second) == Steps{0, 1});
}
