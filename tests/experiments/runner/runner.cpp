#include "experiments/encoder_table.h"
#include "experiments/runner/jobs.h"
#include "methods/weights.h"
#include "tests/support/catch.h"
#include "tests/support/tiny_plan.h"

using namespace mlvicx;
using namespace mlvicx::testing;

TEST_CASE("runner: a plan runs from nothing to a table, and the second time there is nothing to do", "[unit]") {
    const auto& made = reference();
    INFO(made.first.err);
    REQUIRE(made.first.status == 0);
    const auto results = made.folder / "results.db";
    CHECK(count(results, "state = 'done'") == tiny_jobs);
    for (const char* word : {"simclr", "mlvicx", "random", "frozen", "fine-tuned"})
        CHECK(contains(made.first.out, word));
    // Checkpoints and features were only temporary; encoders and the prepared dataset stay.
    const auto artifacts = made.folder / "results.artifacts";
    CHECK_FALSE(std::filesystem::exists(artifacts / "checkpoints"));
    CHECK_FALSE(std::filesystem::exists(artifacts / "features"));
    CHECK(std::distance(std::filesystem::directory_iterator(artifacts / "encoders"), {}) == 2);

    const auto before = figures(results);
    const auto finished = count(results, "finished_at IS NOT NULL");
    const Ran again = run_bench(made.folder, {"run", "plan.json"});
    CHECK(again.status == 0);
    CHECK(contains(again.err, "nothing to do"));
    CHECK(again.out == made.first.out);
    CHECK(figures(results) == before);
    CHECK(count(results, "finished_at IS NOT NULL") == finished);

    const Ran listed = run_bench(made.folder, {"run", "plan.json", "--dry-run"});
    CHECK(listed.status == 0);
    CHECK(contains(listed.out, fmt::format("{0} jobs: {0} done", tiny_jobs)));
}

TEST_CASE("runner: what a run stores is verified, with its encoders, and nothing differs", "[unit]") {
    REQUIRE(reference().first.status == 0);
    const Ran verified = run_bench(reference().folder, {"verify", "results.db"});
    INFO(verified.out + verified.err);
    CHECK(verified.status == 0);
    CHECK(contains(verified.out, "Everything that was checked agrees."));
    CHECK_FALSE(contains(verified.out, "encoders' files are not"));
    CHECK_FALSE(contains(verified.out, "no digests"));
}

TEST_CASE("runner: results record how they were made", "[unit]") {
    REQUIRE(reference().first.status == 0);
    const auto artifacts = reference().folder / "results.artifacts";
    for (const auto& entry : std::filesystem::directory_iterator(artifacts / "encoders")) {
        const Safetensors file(entry.path());
        CHECK(file.meta("hash") == entry.path().stem().string());
        CHECK(json::parse(file.meta("config")).as_object().at("training").as_object().at("epochs") == 3);
        CHECK(file.meta("dataset_fingerprint") ==
              json::parse(file.meta("config")).as_object().at("dataset").as_string());
        CHECK(load_encoder(entry.path())->features() == 512);
    }
    Sqlite db(reference().folder / "results.db", true);
    Statement query(db, "SELECT config, details, git_commit, libtorch_version, device, train_images, seconds FROM jobs "
                        "WHERE kind = 'evaluate' AND method = 'mlvicx' AND protocol = 'frozen' AND fraction = 1");
    REQUIRE(query.step());
    const auto config = json::parse(query.text(0)).as_object();
    CHECK(config.at("encoder") == "resnet18+context");
    CHECK(config.at("precision") == "fp32");
    CHECK(json::parse(query.text(1)).as_object().contains("train_positives"));
    for (const int column : {2, 3, 4}) CHECK_FALSE(query.text(column).empty());
    CHECK(query.integer(5) > 20);
    CHECK(query.real(6) > 0);
    // How healthy each pre-training was: logged by the run, stored, and found from the evaluations that depend on it.
    Statement health(db, "SELECT p.method, json_extract(p.details, '$.health.verdict'), "
                         "json_extract(p.details, '$.health.reason'), count(c.id) FROM jobs p JOIN jobs c "
                         "ON json_extract(c.config, '$.weights') = p.hash WHERE p.kind = 'pretrain' GROUP BY p.id");
    int pretrainings = 0;
    for (; health.step(); ++pretrainings) {
        CHECK(contains(reference().first.err, ", " + health.text(1) + " (" + health.text(2) + "), "));
        CHECK(contains(health.text(2), "effective rank "));
        CHECK(health.integer(3) == 4);
    }
    CHECK(pretrainings == 2);
}

TEST_CASE("runner: a dry run of a new plan changes nothing", "[unit]") {
    const TempFolder folder;
    write_text(folder / "plan.json", tiny);
    const Ran ran = run_bench(folder, {"run", "plan.json", "--dry-run"});
    CHECK(ran.status == 0);
    CHECK(contains(ran.out, fmt::format("{0} jobs: 0 done, 0 running, 0 failed, {0} missing", tiny_jobs)));
    CHECK(names_below(folder) == std::vector<std::string>{"plan.json"});
}

TEST_CASE("runner: --only runs a part with the pre-training it needs; a lost encoder is trained again", "[unit]") {
    const TempFolder folder;
    json::object plan = json::parse(tiny).as_object();
    plan["datasets"].as_object()["images"] = json::object{
        {"file",
         std::filesystem::directory_iterator(reference().folder / "results.artifacts/prepared")->path().string()}};
    write_text(folder / "plan.json", json::serialize(plan));
    const std::vector<std::string> part = {"run", "plan.json", "--only", "method=simclr,protocol=frozen,fraction=1"};
    REQUIRE(run_bench(folder, part).status == 0);
    CHECK(count(folder / "results.db", "state = 'done'") == 2);

    std::filesystem::remove_all(folder / "results.artifacts/encoders");
    const Ran more = run_bench(folder, {"run", "plan.json", "--only", "method=simclr,protocol=frozen"});
    INFO(more.err);
    CHECK(more.status == 0);
    CHECK(contains(more.err, "training it again"));
    CHECK(count(folder / "results.db", "state = 'done'") == 3);
    // The same metrics as from a run of everything at once.
    const auto all = figures(reference().folder / "results.db");
    for (const auto& line : figures(folder / "results.db")) CHECK(std::find(all.begin(), all.end(), line) != all.end());
}

TEST_CASE("runner: a failing job is recorded, the others go on, and --retry-failed tries it again", "[unit]") {
    const TempFolder folder;
    json::object plan = json::parse(tiny).as_object();
    plan["datasets"].as_object()["images"] = json::object{
        {"file",
         std::filesystem::directory_iterator(reference().folder / "results.artifacts/prepared")->path().string()}};
    // A learning rate that no training survives.
    plan["methods"] = json::parse(R"([{"name": "simclr", "hidden": 32, "output": 16,
        "optimizer": {"name": "sgd", "learning_rate": 1e30}, "schedule": {"warmup_epochs": 0}}, "random"])");
    plan["evaluate"].as_object()["protocols"] = json::parse(R"(["frozen"])");
    write_text(folder / "plan.json", json::serialize(plan));
    const Ran ran = run_bench(folder, {"run", "plan.json"});
    INFO(ran.err);
    CHECK(ran.status == 2);
    CHECK(contains(ran.err, "1 of 5 jobs failed and 2 evaluations could not start"));
    CHECK(count(folder / "results.db", "state = 'failed' AND kind = 'pretrain'") == 1);
    CHECK(count(folder / "results.db", "state = 'done' AND method = 'random'") == 2);
    const Ran again = run_bench(folder, {"run", "plan.json"});
    CHECK(again.status == 2);
    CHECK(contains(again.err, "in an earlier run"));
    const Ran retried = run_bench(folder, {"run", "plan.json", "--retry-failed"});
    CHECK(retried.status == 2);
    CHECK_FALSE(contains(retried.err, "in an earlier run"));
}

TEST_CASE("single steps: pretrain, evaluate and export agree with the plan's jobs", "[unit]") {
    const auto& made = reference();
    REQUIRE(made.first.status == 0);
    const TempFolder folder;
    const auto data = std::filesystem::directory_iterator(made.folder / "results.artifacts/prepared")->path().string();
    const std::vector<std::string> training = {
        "pretrain",
        "--data",
        data,
        "--method",
        "mlvicx",
        "--out",
        "trained",
        "--epochs",
        "3",
        "--batch-size",
        "16",
        "--image-size",
        "32",
        "--set",
        "hidden=32",
        "--set",
        "output=32",
        "--set",
        "level_channels=16",
        "--set",
        "precision=fp32",
        "--set",
        "probe_every=2"}; // not part of the configuration, and does not change the weights
    const Ran trained = run_bench(folder, training);
    INFO(trained.err);
    REQUIRE(trained.status == 0);
    const auto encoder = folder / "trained/mlvicx.safetensors";
    const std::string hash = Safetensors(encoder).meta("hash");
    const std::string health = Safetensors(encoder).meta("health");
    CHECK(contains(trained.out, "; " + health + " (effective rank "));
    for (const char* when : {"before training: ", "epoch 2 of 3: ", "epoch 3 of 3: "})
        CHECK(contains(trained.err, std::string(when) + "nearest neighbours on validation, AUC "));
    const auto history = read_text(folder / "trained/mlvicx.csv");
    for (const char* line : {"\n1,probe_auc,", "\n2,probe_auc,", "\n1,probe_auc_backbone,", "\n0,nearest_view,"})
        CHECK(contains(history, line));
    CHECK_FALSE(contains(history, "\n0,probe_auc,"));
    const auto of_plan = made.folder / ("results.artifacts/encoders/" + hash + ".safetensors");
    REQUIRE(std::filesystem::exists(of_plan)); // the same configuration, hence the same job
    CHECK(contains(run_bench(folder, training).err, "already exists"));

    const Ran exported = run_bench(folder, {"export", "--encoder", encoder.string(), "--out", "backbone.safetensors"});
    INFO(exported.err);
    REQUIRE(exported.status == 0);
    const Safetensors backbone(folder / "backbone.safetensors");
    CHECK(backbone.contains("layer4.1.bn2.running_var"));
    for (const auto& [name, view] : backbone.tensors()) {
        CHECK_FALSE(contains(name, "context"));
        CHECK(torch::equal(to_tensor(backbone, name), to_tensor(Safetensors(of_plan), name)));
    }

    const Ran evaluated = run_bench(folder, {"evaluate", "--data", data, "--encoder", encoder.string(), "--image-size",
                                             "32", "--set", "precision=fp32", "--set", "frozen.iterations=30",
                                             "--results", "single.db", "--out", "scores.csv"});
    INFO(evaluated.err);
    REQUIRE(evaluated.status == 0);
    CHECK(contains(evaluated.out, "\nmean "));
    CHECK(contains(evaluated.err, "the verdict on its pre-training is \"" + health + "\"") == (health != "healthy"));
    CHECK(contains(read_text(folder / "scores.csv"), "id,patient,"));
    const auto all = figures(made.folder / "results.db");
    const auto single = figures(folder / "single.db");
    CHECK(single.size() > 10);
    for (const auto& line : single) CHECK(std::find(all.begin(), all.end(), line) != all.end());
}
