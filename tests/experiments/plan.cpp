#include "experiments/plan.h"
#include "core/error.h"
#include "datasets/importers/importer_table.h"
#include "datasets/phantom/phantom.h"
#include "tests/support/catch.h"
#include "tests/support/plan_text.h"
#include "tests/support/trial_plan.h"

#include <algorithm>

using namespace mlvicx;
using mlvicx::contains;
using mlvicx::TempFolder;
using mlvicx::testing::good;
using mlvicx::testing::good_plan;
using mlvicx::testing::plan_of;
using mlvicx::testing::refusal;

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
    CHECK(plan.pretrain_datasets == std::vector<std::string>{"images"});
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

TEST_CASE("plan: variables that are not set can be collected instead of refused", "[unit]") {
    json::object text = good_plan();
    json::object& images = text["datasets"].as_object()["images"].as_object();
    images["root"] = "${MLVICX_TEST_ROOT}/nih";
    images["metadata"] = "${MLVICX_TEST_TABLES}";
    ::unsetenv("MLVICX_TEST_ROOT");
    ::unsetenv("MLVICX_TEST_TABLES");
    const TempFolder folder;
    write_text(folder / "plan.json", json::serialize(text));
    std::vector<UnsetVariable> unset;
    const Plan plan = read_plan(folder / "plan.json", {}, &unset);
    REQUIRE(unset.size() == 2);
    CHECK(unset[0].key == "$.datasets.images.root");
    CHECK(unset[0].name == "MLVICX_TEST_ROOT");
    CHECK(unset[0].text == "${MLVICX_TEST_ROOT}/nih");
    CHECK(unset[1].name == "MLVICX_TEST_TABLES");
    CHECK(plan.datasets[0].import.root == "${MLVICX_TEST_ROOT}/nih");
    unset.clear();
    read_plan(folder / "plan.json", {{"images", "/elsewhere"}}, &unset);
    CHECK(unset.size() == 1);
}

TEST_CASE("plan: the command line's device takes precedence over the plan's", "[unit]") {
    json::object text = good_plan();
    CHECK(plan_of(text).device == "auto");
    text["device"] = "cpu";
    CHECK(device_of(plan_of(text), "").is_cpu());
    text["device"] = "abacus";
    const Plan plan = plan_of(text); // a device of another machine does not make a plan wrong
    CHECK(contains(message_of([&] { device_of(plan, ""); }), "plan.json: $.device: unknown device 'abacus'"));
    CHECK(device_of(plan, "cpu").is_cpu());
    text["device"] = 3;
    CHECK(contains(refusal(text), "$.device is an integer, expected a string"));
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

TEST_CASE("plan: docs/datasets.md and plan_keys.md name every importer and every key of a dataset", "[unit]") {
    const auto docs = std::filesystem::path(MLVICX_SOURCE) / "docs";
    const std::string text = read_text(docs / "datasets.md") + read_text(docs / "plan_keys.md");
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

TEST_CASE("plan: docs/methods.md names every option of MLVICX", "[unit]") {
    const std::string text = read_text(std::filesystem::path(MLVICX_SOURCE) / "docs/methods.md");
    MlvicxOptions options;
    options.levels = {5};
    options.level_size = options.level_cells = 2;
    options.context = "none";
    options.multi_level_only = true;
    const auto written = resolved([&](Fields& f) { fields(f, options); });
    CHECK(written.size() == 13);
    for (const auto& item : written) {
        INFO(item.key());
        CHECK(contains(text, "`" + std::string(item.key()) + "`"));
    }
}

TEST_CASE("plan: the plans that come with the suite are read", "[unit]") {
    ::setenv("NIH_ROOT", "/data/nih", 1);
    ::setenv("NIH_METADATA", "/data/nih", 1);
    for (const char* name : {"demo", "demo_short", "low_data", "nih_sample"}) {
        const Plan plan =
            read_plan(std::filesystem::path(MLVICX_SOURCE) / "experiments/plans" / (name + std::string(".json")));
        CHECK(plan.name == name);
        CHECK(plan.methods.size() == 8); // five and the controls random, shuffled and metadata
        CHECK(plan.evaluate.protocols.size() == 2);
    }
    const Plan whole = read_plan(std::filesystem::path(MLVICX_SOURCE) / "experiments/plans/evaluation.json");
    CHECK(whole.methods.size() == 8);
    CHECK(whole.evaluate.heatmaps.on);
    for (const char* protocol : {"frozen", "finetuned", "segmentation_frozen", "segmentation_finetuned"})
        CHECK(std::count(whole.evaluate.protocols.begin(), whole.evaluate.protocols.end(), protocol) == 1);
    const Plan four = read_plan(std::filesystem::path(MLVICX_SOURCE) / "experiments/plans/four_datasets.json");
    CHECK(four.pretrain_datasets == std::vector<std::string>{"nih"});
    CHECK(four.evaluate.datasets == std::vector<std::string>{"nih", "rsna", "siim", "vinbig"});
    for (const auto& dataset : four.datasets) CHECK(dataset.import.own<PhantomOptions>().layout == dataset.name);
    ::unsetenv("NIH_ROOT");
    ::unsetenv("NIH_METADATA");
}
