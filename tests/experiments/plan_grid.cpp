#include "experiments/plan_grid.h"
#include "core/error.h"
#include "experiments/runner/jobs.h"
#include "tests/support/catch.h"
#include "tests/support/plan_text.h"
#include "tests/support/trial_plan.h"

using namespace mlvicx;
using mlvicx::contains;
using mlvicx::TempFolder;
using mlvicx::testing::good_plan;
using mlvicx::testing::plan_of;
using mlvicx::testing::refusal;

namespace {

json::object with_methods(const char* methods) {
    json::object text = good_plan();
    text["methods"] = json::parse(methods);
    return text;
}

std::vector<std::string> labels(const Plan& plan) {
    std::vector<std::string> result;
    for (const auto& method : plan.methods) result.push_back(method.label);
    return result;
}

} // namespace

TEST_CASE("plan_grid: an entry becomes one for each combination, the first key varying slowest", "[unit]") {
    const Plan plan = plan_of(with_methods(
        R"([{"name": "mlvicx", "grid": {"multi_level_weight": [0, 0.25, 1], "optimizer.learning_rate": [0.1, 2]}},
            {"name": "byol", "label": "slow", "optimizer": {"learning_rate": 9, "weight_decay": 0.5},
             "grid": {"optimizer.learning_rate": [0.3]}}, "random"])"));
    CHECK(labels(plan) == std::vector<std::string>{"mlvicx (multi_level_weight 0; optimizer.learning_rate 0.1)",
                                                   "mlvicx (multi_level_weight 0; optimizer.learning_rate 2)",
                                                   "mlvicx (multi_level_weight 0.25; optimizer.learning_rate 0.1)",
                                                   "mlvicx (multi_level_weight 0.25; optimizer.learning_rate 2)",
                                                   "mlvicx (multi_level_weight 1; optimizer.learning_rate 0.1)",
                                                   "mlvicx (multi_level_weight 1; optimizer.learning_rate 2)",
                                                   "slow (optimizer.learning_rate 0.3)", "random"});
    CHECK(plan.methods[3].own.mlvicx.multi_level_weight == 0.25);
    CHECK(plan.methods[3].pretrain.optimizer.learning_rate == 2);
    CHECK(plan.methods[6].pretrain.optimizer.learning_rate == 0.3); // the grid's value replaces the entry's
    CHECK(plan.methods[6].pretrain.optimizer.weight_decay == 0.5);
}

TEST_CASE("plan_grid: a grid means what its entries mean when they are written out", "[unit]") {
    const auto jobs = [](const json::object& text) {
        JobInputs inputs;
        inputs.fingerprints["images"] = "abc";
        std::vector<std::string> hashes;
        const Jobs all = expand_jobs(plan_of(text), inputs);
        for (const auto* list : {&all.pretrain, &all.evaluate})
            for (const auto& job : *list) hashes.push_back(job.key.method + " " + job.key.hash);
        return hashes;
    };
    const char* written = R"x([{"name": "mlvicx", "label": "m (hidden 64)", "hidden": 64, "output": 32},
        {"name": "mlvicx", "label": "m (hidden 128)", "hidden": 128, "output": 32}, "random"])x";
    const char* grid = R"([{"name": "mlvicx", "label": "m", "output": 32, "grid": {"hidden": [64, 128]}}, "random"])";
    CHECK(jobs(with_methods(grid)) == jobs(with_methods(written)));
    CHECK(plan_of(with_methods(grid)).text == with_methods(R"x([
        {"name": "mlvicx", "label": "m (hidden 64)", "output": 32, "hidden": 64},
        {"name": "mlvicx", "label": "m (hidden 128)", "output": 32, "hidden": 128}, {"name": "random"}])x"));
    json::object all = with_methods(R"([{"name": "mlvicx", "label": "m", "output": 32}, "random"])");
    all["grid"] = json::parse(R"({"hidden": [64, 128]})");
    CHECK(jobs(all) == jobs(with_methods(written)));
}

TEST_CASE("plan_grid: a grid of the plan is for every method that trains; an entry's own takes precedence", "[unit]") {
    json::object text =
        with_methods(R"(["simclr", {"name": "byol", "grid": {"epochs": [3], "hidden": [16, 32]}}, "random"])");
    text["grid"] = json::parse(R"({"batch_size": [8], "epochs": [1, 2]})");
    const Plan plan = plan_of(text);
    CHECK(labels(plan) == std::vector<std::string>{"simclr (batch_size 8; epochs 1)", "simclr (batch_size 8; epochs 2)",
                                                   "byol (batch_size 8; epochs 3; hidden 16)",
                                                   "byol (batch_size 8; epochs 3; hidden 32)", "random"});
    CHECK(plan.methods[1].pretrain.epochs == 2);
    CHECK(plan.methods[1].pretrain.batch_size == 8);
    CHECK_FALSE(plan.text.as_object().contains("grid"));
}

TEST_CASE("plan_grid: an entry may have its own encoder, features and image size", "[unit]") {
    const Plan plan = plan_of(with_methods(
        R"([{"name": "mlvicx", "encoder": "resnet50", "evaluate": {"features": "backbone", "image_size": 112}},
            {"name": "random", "grid": {"encoder": ["resnet18", "resnet50"]}},
            {"name": "mlvicx", "label": "kept", "grid": {"evaluate.features": ["backbone", "backbone+context"]}}])"));
    CHECK(plan.methods[0].encoder == "resnet50");
    CHECK(plan.methods[0].features == "backbone");
    CHECK(plan.methods[0].image_size == 112);
    CHECK(plan.evaluation_of(plan.methods[0]).image_size == 112);
    CHECK(plan.methods[1].encoder == "resnet18");
    CHECK(plan.methods[1].image_size == 64); // the plan's
    CHECK(plan.methods[2].encoder == "resnet50");
    CHECK(labels(plan)[1] == "random (encoder resnet18)");
    CHECK(labels(plan)[3] == "kept (evaluate.features backbone)");
    CHECK(evaluated_encoder(plan.methods[0]) == "resnet50");
    CHECK(evaluated_encoder(plan.methods[3]) == "resnet18");
    CHECK(evaluated_encoder(plan.methods[4]) == "resnet18+context");
}

TEST_CASE("plan_grid: mistakes are refused with file and key", "[unit]") {
    const std::vector<std::pair<const char*, const char*>> own = {
        {R"({"hidden": []})", "$.methods[1].grid.hidden is [], expected a list of at least one value"},
        {R"({"hidden": 64})", "$.methods[1].grid.hidden is 64, expected a list of at least one value"},
        {R"({"hidden": [64, 32, 64]})", "$.methods[1].grid.hidden has 64 twice, expected once"},
        {"{}", "$.methods[1].grid is {}, expected an object"},
        {"[64]", "$.methods[1].grid is [64], expected an object"},
        {R"({"hiden": [64]})", "$.methods[1].grid.hiden: unknown key"},
        {R"({"optimizer.learning_rat": [1]})", "$.methods[1].grid.optimizer.learning_rat: unknown key"},
        {R"({"optimiser.learning_rate": [1]})", "$.methods[1].grid.optimiser: unknown key"},
        {R"({"optimizer.learning_rate": [1, -1]})", "$.methods[1].grid.optimizer.learning_rate is -1"},
        {R"({"hidden.size": [1]})", "$.methods[1].grid.hidden is an object, expected an integer"},
        {R"({"hidden": ["wide"]})", "$.methods[1].grid.hidden is a string, expected an integer"},
        {R"({"name": ["byol"]})", "$.methods[1].grid.name: a grid has options of a method, not its name"},
        {R"({"encoder": ["resnet34"]})", "$.methods[1].grid.encoder is \"resnet34\""},
        {R"({"evaluate.image_size": [8]})", "$.methods[1].grid.evaluate.image_size is 8"},
        {R"({"evaluate.fractions": [[1]]})", "$.methods[1].grid.evaluate.fractions: unknown key"},
    };
    for (const auto& [grid, message] : own) {
        json::object text = with_methods(R"(["simclr", {"name": "mlvicx"}])");
        text["methods"].as_array()[1].as_object()["grid"] = json::parse(grid);
        INFO(grid << " -> " << refusal(text));
        CHECK(contains(refusal(text), std::string("plan.json: ") + message));
    }
    json::object text = with_methods(R"(["simclr", "mlvicx"])");
    text["grid"] = json::parse(R"({"level_channels": [64]})"); // which simclr does not have
    CHECK(contains(refusal(text), "plan.json: for simclr: $.grid.level_channels: unknown key"));
    text["grid"] = json::parse("7");
    CHECK(contains(refusal(text), "plan.json: $.grid is 7, expected an object"));
    text = with_methods(R"(["random"])");
    text["grid"] = json::parse(R"({"epochs": [1]})");
    CHECK(contains(refusal(text), "plan.json: $.grid is for methods that train, but none of $.methods does"));
    CHECK(
        contains(refusal(with_methods(R"([{"name": "byol", "encoder": 18}])")), "$.methods[0].encoder is an integer"));
    CHECK(contains(refusal(with_methods(R"([{"name": "byol", "evaluate": {"draws": [1]}}])")),
                   "$.methods[0].evaluate.draws: unknown key; expected one of: features, image_size"));
}

TEST_CASE("plan_grid: two entries with one label are refused", "[unit]") {
    const auto message = refusal(with_methods(
        R"x([{"name": "byol", "grid": {"hidden": [64]}}, {"name": "byol", "label": "byol (hidden 64)", "output": 9}])x"));
    CHECK(contains(message, "$.methods has byol (hidden 64) twice; give one of them a \"label\""));
}

TEST_CASE("plan_grid: mistakes in a grid are reported with the file that has them", "[unit]") {
    const TempFolder folder;
    write_text(folder / "base.json", json::serialize(with_methods(R"([{"name": "byol", "grid": {"hiden": [1]}}])")));
    write_text(folder / "a.json", R"({"extends": "base.json", "grid": {"epochs": [1, 2]}})");
    const auto refused = [&] { return message_of([&] { read_plan(folder / "a.json"); }); };
    CHECK(contains(refused(), "base.json: $.methods[0].grid.hiden: unknown key"));
    write_text(folder / "base.json", json::serialize(with_methods(R"(["byol"])")));
    write_text(folder / "a.json", R"({"extends": "base.json", "grid": {"epochs": [1, 2], "epoch": [3]}})");
    CHECK(contains(refused(), "a.json: for byol: $.grid.epoch: unknown key"));
}

TEST_CASE("plan_grid: a plan of more methods or jobs than can be held is refused before they are made", "[unit]") {
    json::array many;
    for (int i = 0; i < 100; ++i) many.push_back(64 + i);
    json::object text = with_methods(R"([{"name": "byol", "grid": {}}])");
    for (const char* key : {"hidden", "output", "epochs", "batch_size", "image_size"})
        text["methods"].as_array()[0].as_object()["grid"].as_object()[key] = many;
    CHECK(contains(refusal(text), "plan.json: $.methods[0] makes 1e+10 methods with its grid, and the plan has 1e+10 "
                                  "with it, expected at most 10000"));
    auto& grid = text["methods"].as_array()[0].as_object()["grid"].as_object();
    grid = {{"hidden", many}, {"output", json::array(many.begin(), many.begin() + 60)}};
    text["methods"].as_array().push_back(text["methods"].as_array()[0]);
    CHECK(contains(refusal(text), "plan.json: $.methods[1] makes 6000 methods with its grid, and the plan has 12000 "
                                  "with it, expected at most 10000"));
    text = with_methods(R"(["byol"])");
    json::array numbers;
    for (int i = 0; i < 1100; ++i) numbers.push_back(i);
    text["seeds"] = text["evaluate"].as_object()["draws"] = numbers;
    text["evaluate"].as_object()["fractions"] = {0.1};
    CHECK(contains(refusal(text), "evaluations (methods x seeds x datasets x protocols x label subsets), expected at "
                                  "most 1000000"));
    std::string deep = "a";
    for (int i = 0; i < 100'000; ++i) deep += ".a";
    text = with_methods(R"([{"name": "byol", "grid": {}}])");
    text["methods"].as_array()[0].as_object()["grid"].as_object()[deep] = {1};
    CHECK(contains(refusal(text), "expected an option of a method"));
}
