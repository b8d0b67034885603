#include "core/error.h"
#include "datasets/importers/importer_table.h"
#include "datasets/importers/manifest.h"
#include "datasets/phantom/phantom.h"
#include "experiments/runner/artifacts.h"
#include "experiments/runner/job_filter.h"
#include "experiments/runner/jobs.h"
#include "tests/support/catch.h"
#include "tests/support/plan_text.h"

#include <algorithm>
#include <set>

using namespace mlvicx;
using mlvicx::contains;
using mlvicx::TempFolder;
using mlvicx::testing::plan_of;
using mlvicx::testing::refusal;

namespace {

const char* const good = R"({
  "name": "trial",
  "datasets": {"images": {"importer": "nih", "root": "images", "size": 64}},
  "pretrain": {"epochs": 20, "batch_size": 64, "optimizer": {"learning_rate": 0.7}},
  "methods": ["simclr", {"name": "mlvicx", "hidden": 256, "optimizer": {"weight_decay": 0.5}}, "random"],
  "evaluate": {"fractions": [0.1, 1], "protocols": ["frozen", "finetuned"], "image_size": 64},
  "seeds": [0, 1]
})";

json::object good_plan() {
    return json::parse(good).as_object();
}

Jobs jobs_of(const json::value& text, const std::string& fingerprint = "abc") {
    JobInputs inputs;
    inputs.fingerprints["images"] = fingerprint;
    return expand_jobs(plan_of(text), inputs);
}

std::set<std::string> hashes(const Jobs& jobs, const std::string& filter = {}) {
    const JobFilter taken(filter);
    std::set<std::string> result;
    for (const auto* list : {&jobs.pretrain, &jobs.evaluate})
        for (const auto& job : *list)
            if (taken.takes(job.key)) result.insert(job.key.hash);
    return result;
}

} // namespace

TEST_CASE("plan: options are resolved from defaults, recipe, plan and method entry, in this order", "[unit]") {
    const Plan plan = plan_of(json::parse(good));
    REQUIRE(plan.methods.size() == 3);
    const auto& simclr = plan.methods[0].pretrain;
    const auto& mlvicx = plan.methods[1].pretrain;
    PretrainOptions recipe;
    recipe.epochs = 20;
    recipe.batch_size = 64;
    simclr_recipe(recipe);
    CHECK(simclr.image_size == PretrainOptions().image_size);              // struct default
    CHECK(simclr.view1.brightness == recipe.view1.brightness);             // recipe
    CHECK(simclr.optimizer.weight_decay == recipe.optimizer.weight_decay); // recipe
    CHECK(simclr.optimizer.learning_rate == 0.7);                          // plan
    CHECK(mlvicx.optimizer.learning_rate == 0.7);                          // plan
    CHECK(mlvicx.optimizer.weight_decay == 0.5);                           // entry
    CHECK(plan.methods[1].own.mlvicx.hidden == 256);                       // entry
    CHECK(plan.methods[1].own.mlvicx.output == MlvicxOptions().output);    // struct default
    CHECK(simclr.schedule.warmup_epochs <= 2);                             // a tenth of 20 epochs
    CHECK(plan.pretrain_dataset == "images");
    CHECK(plan.evaluate.datasets == std::vector<std::string>{"images"});
}

TEST_CASE("plan: a warm-up that the plan names is kept", "[unit]") {
    json::object text = good_plan();
    text["pretrain"].as_object()["schedule"] = json::parse(R"({"warmup_epochs": 7})");
    CHECK(plan_of(text).methods[0].pretrain.schedule.warmup_epochs == 7);
}

TEST_CASE("plan: a warm-up that never ends is refused", "[unit]") {
    json::object text = good_plan();
    for (const char* warmup : {"20", "33.5"}) {
        text["pretrain"].as_object()["schedule"] = json::object{{"warmup_epochs", json::parse(warmup)}};
        CHECK(contains(refusal(text), std::string("$.methods[0].schedule.warmup_epochs is ") + warmup +
                                          ", but the run has 20 epochs: "));
    }
    text["pretrain"].as_object()["schedule"] = json::parse(R"({"warmup_epochs": 19})");
    CHECK(refusal(text).empty());
    text["pretrain"].as_object()["epochs"] = 1; // the recipe's own warm-up is cut to a tenth
    text["pretrain"].as_object().erase("schedule");
    CHECK(plan_of(text).methods[0].pretrain.schedule.warmup_epochs == 0.1);
}

TEST_CASE("plan: paths begin at the plan's folder and expand variables; --root takes precedence", "[unit]") {
    const TempFolder folder;
    write_text(folder / "plan.json", good);
    CHECK(read_plan(folder / "plan.json").datasets[0].import.root == (folder / "images").string());
    CHECK(read_plan(folder / "plan.json", {{"images", "/elsewhere"}}).datasets[0].import.root == "/elsewhere");

    json::object text = good_plan();
    text["datasets"].as_object()["images"].as_object()["root"] = "${MLVICX_TEST_ROOT}/nih";
    ::unsetenv("MLVICX_TEST_ROOT");
    const std::string message = refusal(text);
    CHECK(contains(message, "$.datasets.images.root"));
    CHECK(contains(message, "MLVICX_TEST_ROOT is not set"));
    CHECK(refusal(text, {{"images", "/elsewhere"}}).empty());
    ::setenv("MLVICX_TEST_ROOT", "/data", 1);
    CHECK(plan_of(text).datasets[0].import.root == "/data/nih");
    ::unsetenv("MLVICX_TEST_ROOT");
}

TEST_CASE("plan: mistakes are refused with file and key", "[unit]") {
    const auto changed = [](const char* section, const char* value) {
        json::object text = good_plan();
        text[section] = json::parse(value);
        return refusal(text);
    };
    const std::vector<std::tuple<const char*, const char*, std::vector<std::string>>> cases = {
        {"metods", "[]", {"$.metods", "unknown key"}},
        {"name", "7", {"$.name", "expected a string"}},
        {"seeds", "[0, -1]", {"$.seeds[1]", "-1"}},
        {"seeds", "[0, 0]", {"$.seeds", "twice"}},
        {"seeds", "[]", {"$.seeds is empty"}},
        {"encoder", "\"resnet34\"", {"$.encoder", "resnet34", "resnet18"}},
        {"pretrain", R"({"optimizer": {"learning_rate": -0.1}})", {"$.pretrain.optimizer.learning_rate", "-0.1"}},
        {"pretrain", R"({"optimizer": {"lrr": 1}})", {"$.pretrain.optimizer.lrr", "unknown key"}},
        {"pretrain", R"({"exclude_overlap": 1})", {"$.pretrain.exclude_overlap", "true or false"}},
        {"pretrain", R"({"dataset": "flims"})", {"$.pretrain.dataset", "flims", "images"}},
        {"methods", R"(["simclr", "simcrl"])", {"$.methods[1]", "simcrl", "barlow_twins"}},
        {"methods", R"([{"name": "byol", "widht": 3}])", {"$.methods[0].widht", "unknown key"}},
        {"methods", R"([{"name": "random", "epochs": 3}])", {"$.methods[0].epochs", "unknown key"}},
        {"methods", R"([{"hidden": 3}])", {"$.methods[0].name is missing"}},
        {"methods", R"(["byol", {"name": "byol", "hidden": 64}])", {"$.methods", "byol twice", "label"}},
        {"methods", R"([{"name": "weights"}])", {"$.methods[0].file is missing"}},
        {"methods", "[]", {"$.methods is empty"}},
        {"datasets", "{}", {"$.datasets is empty"}},
        {"datasets", R"({"images": {"root": 3}})", {"$.datasets.images.root", "expected a string"}},
        {"datasets", R"({"a/b": {}})", {"$.datasets.a/b", "expected a name"}},
        {"evaluate", R"({"datasets": ["other"]})", {"$.evaluate.datasets", "other", "images"}},
        {"evaluate", R"({"fractions": [0]})", {"$.evaluate.fractions[0]", "above 0"}},
        {"evaluate", R"({"fractions": [2.5]})", {"$.evaluate.fractions", "2.5"}},
        {"evaluate", R"({"protocols": ["thawed"]})", {"$.evaluate.protocols", "thawed"}},
        {"evaluate", R"({"finetuned": {"epochs": "many"}})", {"$.evaluate.finetuned.epochs", "expected an integer"}},
    };
    for (const auto& [section, value, parts] : cases) {
        const std::string message = changed(section, value);
        INFO(section << ": " << value << " -> " << message);
        CHECK(contains(message, "plan.json"));
        for (const auto& part : parts) CHECK(contains(message, part));
    }
    CHECK(contains(refusal(json::parse(R"({"datasets": {}, "methods": []})")), "$.name is missing"));
    CHECK(contains(refusal(good_plan(), {{"flims", "/x"}}), "--root"));
}

TEST_CASE("jobs: every combination is one job, pre-training is shared", "[unit]") {
    const Jobs jobs = jobs_of(json::parse(good));
    CHECK(jobs.pretrain.size() == 2 * 2);         // methods x seeds
    CHECK(jobs.evaluate.size() == 3 * 2 * 2 * 2); // methods x seeds x protocols x fractions
    CHECK(hashes(jobs).size() == 28);
    for (const auto& job : jobs.evaluate) {
        REQUIRE(job.pretrain.has_value() == (job.key.method != "random"));
        if (job.pretrain) {
            CHECK(jobs.pretrain[*job.pretrain].key.seed == job.key.seed);
            CHECK(jobs.pretrain[*job.pretrain].key.hash == job.encoder_id);
        }
    }
    // One set of features for all fractions of an encoder.
    std::set<std::string> features;
    for (const auto& job : jobs.evaluate)
        if (!job.features.empty()) features.insert(job.features);
    CHECK(features.size() == 3 * 2);
}

TEST_CASE("jobs: hashes do not depend on names, labels, order of keys or how often checkpoints are written", "[unit]") {
    const auto expected = hashes(jobs_of(json::parse(good)));
    json::object text;
    const json::object original = good_plan();
    for (auto item = original.end(); item != original.begin();) { // the keys in reverse order
        --item;
        text[item->key()] = item->value();
    }
    text["name"] = "another";
    text["about"] = "the same";
    text["methods"] = json::parse(R"([{"name": "simclr", "label": "contrastive"},
        {"optimizer": {"weight_decay": 0.5}, "hidden": 256, "name": "mlvicx", "label": "ours"}, "random"])");
    text["pretrain"].as_object()["checkpoint_every"] = 1;
    text["pretrain"].as_object()["probe_every"] = 5;
    text["datasets"].as_object()["images"].as_object()["root"] = "moved";
    CHECK(hashes(jobs_of(text)) == expected);
    // An option that is given with its default value is the same option.
    text["pretrain"].as_object()["image_size"] = 224;
    CHECK(hashes(jobs_of(text)) == expected);
}

TEST_CASE("jobs: one changed option changes the jobs that it touches and no others", "[unit]") {
    const Jobs before = jobs_of(json::parse(good));
    const auto unchanged = [&](const Jobs& after) {
        std::set<std::string> both;
        const auto a = hashes(before), b = hashes(after);
        std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(both, both.end()));
        return both;
    };
    json::object text = good_plan();
    SECTION("an option of one method") {
        text["methods"].as_array()[1].as_object()["output"] = 128;
        auto expected = hashes(before, "method=simclr");
        expected.merge(hashes(before, "method=random"));
        CHECK(unchanged(jobs_of(text)) == expected);
    }
    SECTION("an option of all pre-training") {
        text["pretrain"].as_object()["epochs"] = 21;
        CHECK(unchanged(jobs_of(text)) == hashes(before, "method=random"));
    }
    SECTION("an option of one protocol") {
        text["evaluate"].as_object()["finetuned"] = json::parse(R"({"patience": 2})");
        auto expected = hashes(before, "protocol=frozen");
        expected.merge(hashes(before, "kind=pretrain"));
        CHECK(unchanged(jobs_of(text)) == expected);
    }
    SECTION("which features are evaluated") {
        text["evaluate"].as_object()["features"] = "backbone";
        auto expected = hashes(before, "method=simclr");
        expected.merge(hashes(before, "method=random"));
        expected.merge(hashes(before, "kind=pretrain"));
        CHECK(unchanged(jobs_of(text)) == expected);
    }
    SECTION("more seeds and fractions") {
        text["seeds"] = json::parse("[0, 1, 2]");
        text["evaluate"].as_object()["fractions"] = json::parse("[0.1, 0.5, 1]");
        CHECK(unchanged(jobs_of(text)) == hashes(before));
    }
    SECTION("pre-training without the images that are tested") {
        text["pretrain"].as_object()["exclude_overlap"] = true;
        CHECK(unchanged(jobs_of(text)) == hashes(before, "method=random"));
        text["pretrain"].as_object()["exclude_overlap"] = false;
        CHECK(unchanged(jobs_of(text)) == hashes(before));
    }
    SECTION("an imported subset") {
        text["evaluate"].as_object()["subsets"] = "subsets.json";
        JobInputs inputs;
        inputs.fingerprints["images"] = "abc";
        for (const double fraction : {0.1, 1.0})
            for (const std::int64_t seed : {0, 1})
                inputs.subsets["images"][{fraction, seed}] = fmt::format("images {} {}", fraction, seed);
        const Jobs imported = expand_jobs(plan_of(text), inputs);
        CHECK(unchanged(imported) == hashes(before, "kind=pretrain"));
        inputs.subsets["images"][{0.1, 1}] = "others";
        const auto a = hashes(imported), b = hashes(expand_jobs(plan_of(text), inputs));
        std::vector<std::string> changed;
        std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(changed));
        CHECK(changed.size() == hashes(before, "fraction=0.1,seed=1,kind=evaluate").size());
        inputs.subsets["images"].erase({0.1, 1});
        CHECK_THROWS_AS(expand_jobs(plan_of(text), inputs), UserError);
    }
    SECTION("another dataset behind the same name") {
        CHECK(unchanged(jobs_of(text, "xyz")).empty());
    }
}

TEST_CASE("jobs: methods that differ only in their labels are refused", "[unit]") {
    json::object text = good_plan();
    text["methods"] = json::parse(R"(["byol", {"name": "byol", "label": "again"}])");
    std::string message;
    try {
        jobs_of(text);
    } catch (const UserError& error) {
        message = error.what();
    }
    CHECK(contains(message, "byol"));
    CHECK(contains(message, "again"));
}

TEST_CASE("jobs: --only takes part of them", "[unit]") {
    const Jobs jobs = jobs_of(json::parse(good));
    CHECK(hashes(jobs, "kind=pretrain").size() == 4);
    CHECK(hashes(jobs, "method=mlvicx,protocol=frozen,fraction=1").size() == 2);
    CHECK(hashes(jobs, "method=mlvicx,method=simclr,protocol=frozen,seed=1").size() == 4);
    CHECK(hashes(jobs, "dataset=nowhere").empty());
    for (const char* wrong : {"methd=byol", "frozen", "seed=one"}) CHECK_THROWS_AS(JobFilter(wrong), UserError);
}

TEST_CASE("plan: an unused option does not change the name of a prepared file", "[unit]") {
    PlanDataset dataset;
    dataset.name = "b";
    dataset.import.importer = "phantom";
    dataset.import.size = 32;
    auto& phantom = dataset.import.own<PhantomOptions>();
    phantom.images = 60, phantom.size = 64, phantom.seed = 2;
    const Artifacts artifacts("results.db");
    CHECK(artifacts.prepared(dataset).stem() == "b-03d105a2275d"); // as the first releases named it
    dataset.import.own<ManifestOptions>().patient_column = "person";
    CHECK(artifacts.prepared(dataset).stem() != "b-03d105a2275d");
}

TEST_CASE("plan: plans/README.md names every importer and every key of a dataset", "[unit]") {
    const std::string text = read_text(std::filesystem::path(MLVICX_SOURCE) / "experiments/plans/README.md");
    for (const auto& entry : importer_table()) CHECK(contains(text, "\n| `" + entry.name + "` | "));
    ImportOptions options;
    const std::function<void(const json::object&)> check = [&](const json::object& keys) {
        for (const auto& item : keys) {
            INFO(item.key());
            CHECK(contains(text, "`" + std::string(item.key()) + "`"));
            if (item.value().is_object()) check(item.value().get_object());
        }
    };
    check(resolved([&](Fields& f) { fields(f, options); }));
}

TEST_CASE("plan: the plans that come with the suite are read", "[unit]") {
    ::setenv("NIH_ROOT", "/data/nih", 1);
    ::setenv("NIH_METADATA", "/data/nih", 1);
    for (const char* name : {"demo", "demo_short", "low_data", "nih_sample"}) {
        const Plan plan =
            read_plan(std::filesystem::path(MLVICX_SOURCE) / "experiments/plans" / (name + std::string(".json")));
        CHECK(plan.name == name);
        CHECK(plan.methods.size() == 6); // five and the random control
        CHECK(plan.evaluate.protocols.size() == 2);
    }
    const Plan whole = read_plan(std::filesystem::path(MLVICX_SOURCE) / "experiments/plans/evaluation.json");
    CHECK(whole.methods.size() == 6);
    CHECK(whole.evaluate.heatmaps.on);
    for (const char* protocol : {"frozen", "finetuned", "segmentation_frozen", "segmentation_finetuned"})
        CHECK(std::count(whole.evaluate.protocols.begin(), whole.evaluate.protocols.end(), protocol) == 1);
    const Plan four = read_plan(std::filesystem::path(MLVICX_SOURCE) / "experiments/plans/four_datasets.json");
    CHECK(four.pretrain_dataset == "nih");
    CHECK(four.evaluate.datasets == std::vector<std::string>{"nih", "rsna", "siim", "vinbig"});
    for (const auto& dataset : four.datasets) CHECK(dataset.import.own<PhantomOptions>().layout == dataset.name);
    ::unsetenv("NIH_ROOT");
    ::unsetenv("NIH_METADATA");
}
