#include "core/safetensors.h"
#include "results/store/sqlite.h"
#include "tests/support/audit_support.h"
#include "tests/support/bench_process.h"
#include "tests/support/changed_tensors.h"
#include "tests/support/plan_run.h"

using namespace mlvicx;
using mlvicx::testing::Ran;
using mlvicx::testing::run_bench;
using Folder = mlvicx::TempFolder;

namespace {

/// A prepared file of 36 images of 18 patients, 24 of them to train on; `changed` may substitute other images.
void some_images(const Folder& folder, const std::string& name, std::uint64_t seed, int size,
                 const std::function<void(std::vector<MadeImage>&)>& changed = {}, bool labelled = true) {
    const auto drawn = drawn_images(36, 64, seed);
    std::vector<MadeImage> images;
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        MadeImage image{drawn[i],
                        name + std::to_string(i),
                        "p" + std::to_string(i / 2),
                        i < 24   ? Split::train
                        : i < 30 ? Split::validation
                                 : Split::test,
                        {}};
        if (labelled) image.labels = {static_cast<std::int8_t>(i % 2), static_cast<std::int8_t>(i % 3 == 0)};
        images.push_back(std::move(image));
    }
    if (changed) changed(images);
    prepared_images(folder.path, name, images, size,
                    labelled ? std::vector<std::string>{"Mass", "Nodule"} : std::vector<std::string>());
}

/// Two files to pre-train on, of two sizes and one of them without labels, and a third one. Two of the third's test
/// images are in the two files: one in both, one changed.
struct Three : Folder {
    Three() {
        const auto tested = drawn_images(36, 64, 3);
        some_images(*this, "first", 1, 64, [&](auto& images) { images[4].pixels = tested[30]; });
        some_images(
            *this, "second", 2, 80,
            [&](auto& images) {
                images[9].pixels = 255 - tested[35];
                images[11].pixels = tested[30];
                images[25].pixels = tested[33]; // in validation: not pre-trained on
            },
            false);
        some_images(*this, "tested", 3, 64);
    }
    Ran run(const std::vector<std::string>& more = {}) const { return mlvicx::testing::run_plan_in(*this, plan, more); }
    json::object& pretraining() { return plan["pretrain"].as_object(); }
    std::string query(const std::string& sql) const { return mlvicx::testing::found_in(*this, sql); }

    json::object plan = json::parse(R"({
      "name": "several",
      "datasets": {"first": {"file": "first.safetensors"}, "second": {"file": "second.safetensors"},
                   "tested": {"file": "tested.safetensors"}},
      "pretrain": {"dataset": ["first", "second"], "epochs": 2, "batch_size": 8, "image_size": 32,
                   "precision": "fp32"},
      "methods": [{"name": "simclr", "hidden": 16, "output": 8}, "random"], "controls": false,
      "evaluate": {"datasets": ["tested"], "protocols": ["frozen"], "image_size": 32, "precision": "fp32",
                   "frozen": {"iterations": 20}},
      "seeds": [0]})")
                            .as_object();
};

} // namespace

TEST_CASE("several datasets: a pre-training on two prepared files is audited against a third", "[unit]") {
    Three files;
    const Ran ran = files.run();
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    CHECK(contains(ran.out, "tested: 2 of 6 test images were seen in pre-training (simclr)\n"));
    CHECK(contains(ran.err, "simclr seed 0 on first+second"));
    const std::string fingerprints = PreparedDataset(files / "first.safetensors").fingerprint() + "+" +
                                     PreparedDataset(files / "second.safetensors").fingerprint();
    const std::string pretrained = " FROM jobs WHERE kind = 'pretrain' ORDER BY id";
    CHECK(files.query("SELECT dataset_fingerprint" + pretrained) == fingerprints + "\n");
    CHECK(files.query("SELECT json_extract(config, '$.dataset')" + pretrained) == fingerprints + "\n");
    CHECK(files.query("SELECT train_images || ' ' || json_extract(details, '$.datasets[0].images') || ' ' || "
                      "json_extract(details, '$.datasets[1].dataset')" +
                      pretrained) == "48 24 second\n");
    CHECK(files.query("SELECT DISTINCT x.dataset FROM experiment_jobs x JOIN jobs c ON c.id = x.job_id WHERE c.kind = "
                      "'pretrain'") == "first+second\n");
    CHECK(contains(run_bench(files, {"run", "plan.json", "--dry-run"}).out, "simclr seed 0 on first+second"));
    CHECK(contains(run_bench(files, {"run", "plan.json"}).err, "nothing to do"));

    // Three images are left out: the one of `first` and the two of `second`.
    files.pretraining()["exclude_overlap"] = true;
    const Ran clean = files.run();
    INFO(clean.err);
    REQUIRE(clean.status == 0);
    CHECK_FALSE(contains(clean.out, "seen in pre-training"));
    CHECK(files.query("SELECT train_images" + pretrained) == "48\n45\n");
    CHECK(files.query("SELECT coalesce(json_extract(details, '$.left_out_images'), 0)" + pretrained) == "0\n3\n");

    // Balanced: another job, whose epochs have as many images of each.
    files.pretraining()["balance"] = true;
    const Ran balanced = files.run();
    INFO(balanced.err);
    REQUIRE(balanced.status == 0);
    CHECK(files.query("SELECT count(DISTINCT hash) FROM jobs WHERE kind = 'pretrain'") == "3\n");

    const Ran report = run_bench(files, {"report", "results.db"});
    INFO(report.err);
    CHECK(report.status == 0);
    const Ran verified = run_bench(files, {"verify", "results.db"});
    INFO(verified.out);
    CHECK(verified.status == 0);
    const Ran explained = run_bench(files, {"plan", "plan.json"});
    CHECK(explained.status == 0);
    for (const char* name : {"first", "second", "tested"}) CHECK(contains(explained.out, name));
}

TEST_CASE("several datasets: the command pre-trains the encoder that the plan does", "[slow]") {
    Three files;
    const Ran ran = files.run();
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    const std::string hash = files.query("SELECT hash FROM jobs WHERE kind = 'pretrain'");
    const Ran alone = run_bench(files, {"pretrain",
                                        "--data",
                                        "first.safetensors",
                                        "second.safetensors",
                                        "--method",
                                        "simclr",
                                        "--out",
                                        "e",
                                        "--epochs",
                                        "2",
                                        "--batch-size",
                                        "8",
                                        "--image-size",
                                        "32",
                                        "--set",
                                        "hidden=16",
                                        "--set",
                                        "output=8",
                                        "--set",
                                        "precision=fp32"});
    INFO(alone.err);
    REQUIRE(alone.status == 0);
    CHECK(contains(alone.out, "on 48 images"));
    const Safetensors encoder(files / "e/simclr.safetensors");
    CHECK(encoder.meta("hash") + "\n" == hash);
    CHECK(encoder.meta("dataset") == "first+second");
    const Ran twice = run_bench(
        files, {"pretrain", "--data", "first.safetensors", "first.safetensors", "--method", "simclr", "--out", "f"});
    CHECK(twice.status == 2);
    CHECK(contains(twice.err,
                   "--data names \"first.safetensors\" and \"first.safetensors\", which hold the same images"));
}

TEST_CASE("several datasets: what cannot be pre-trained on is refused in one sentence with its key", "[unit]") {
    Three files;
    const auto refusal = [&](const std::function<void(json::object&)>& change) {
        const json::object good = files.plan;
        change(files.plan);
        const Ran ran = files.run();
        files.plan = good;
        CHECK(ran.status == 2);
        CHECK_FALSE(fs::exists(files / "results.db"));
        return ran.err;
    };
    const auto pretrain = [&](const char* key, const char* value) {
        return refusal([&](json::object& plan) { plan["pretrain"].as_object()[key] = json::parse(value); });
    };
    const auto dataset = [&](const char* name, const char* value) {
        return refusal([&](json::object& plan) { plan["datasets"].as_object()[name] = json::parse(value); });
    };
    CHECK(contains(pretrain("dataset", "[]"), "plan.json: $.pretrain.dataset is empty, expected at least one dataset"));
    CHECK(contains(pretrain("dataset", R"(["first", "first"])"), "plan.json: $.pretrain.dataset has first twice"));
    CHECK(contains(pretrain("dataset", R"(["first", "fourth"])"), "$.pretrain.dataset names \"fourth\""));
    CHECK(contains(pretrain("dataset", R"(["first", 3])"), "$.pretrain.dataset has an entry that is not a"));
    CHECK(contains(pretrain("dataset", "{}"), "$.pretrain.dataset is neither a dataset's name nor a list of names"));
    CHECK(contains(pretrain("batch_size", "49"), "simclr trains with batches of 49 images, but an epoch of "
                                                 "first+second has 48"));
    CHECK(contains(dataset("second", R"({"file": "first.safetensors"})"),
                   "plan.json: $.pretrain.dataset names \"first\" and \"second\", which hold the same images"));
    const std::string absent = dataset("second", R"({"file": "absent.safetensors"})");
    CHECK(contains(absent, "plan.json: $.datasets.second.file: "));
    CHECK(contains(absent, "absent.safetensors"));
    copy_changed(files / "second.safetensors", files / "colour.safetensors", [](auto& infos, auto& data, auto&) {
        for (auto& info : infos)
            if (info.name == "images") info.shape.insert(info.shape.begin() + 1, 3);
        data["images"].resize(3 * data["images"].size());
    });
    const std::string colour = dataset("second", R"({"file": "colour.safetensors"})");
    CHECK(contains(colour, "plan.json: $.datasets.second.file: "));
    CHECK(contains(colour, "with several channels, expected grey images"));
    const std::string one = refusal([](json::object& plan) {
        plan["pretrain"].as_object()["dataset"] = json::array{"first"};
        plan["pretrain"].as_object()["balance"] = true;
    });
    CHECK(contains(one, "$.pretrain.balance is true for simclr, but $.pretrain.dataset names only \"first\""));
}
