#include "experiments/plan_text.h"
#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/plan_text.h"
#include "tests/support/trial_plan.h"

using namespace mlvicx;
using mlvicx::contains;
using mlvicx::TempFolder;
using mlvicx::testing::good;
using mlvicx::testing::good_plan;

namespace {

/// A folder with a base plan, "base/plan.json", and files that extend it.
struct Plans {
    TempFolder folder;
    Plans() { write_text(folder / "base/plan.json", good); }
    void write(const std::string& name, const std::string& text) const { write_text(folder / name, text); }
    Plan read(const std::string& name) const { return read_plan(folder / name); }
    std::string refused(const std::string& name) const {
        return message_of([&] { read(name); });
    }
    std::string path(const std::string& name) const { return (folder / name).string(); }
};

} // namespace

TEST_CASE("plan_text: an extending file is a merge patch of the other", "[unit]") {
    const Plans plans;
    plans.write("a.json", R"({"extends": "base/plan.json", "name": "patched",
        "pretrain": {"epochs": 5, "optimizer": {"learning_rate": null, "weight_decay": 0.25}},
        "evaluate": {"fractions": [0.5]}, "seeds": [7]})");
    json::object expected = good_plan(); // by RFC 7396
    expected["name"] = "patched";
    expected["pretrain"] = json::parse(R"({"epochs": 5, "batch_size": 64, "optimizer": {"weight_decay": 0.25}})");
    expected["evaluate"].as_object()["fractions"] = json::parse("[0.5]");
    expected["seeds"] = json::parse("[7]");
    CHECK(PlanText(plans.folder / "a.json").merged() == expected);
    const Plan plan = plans.read("a.json");
    CHECK(plan.text == expected);
    CHECK(plan.methods[0].pretrain.epochs == 5);
    CHECK(plan.methods[0].pretrain.batch_size == 64);
    CHECK(plan.evaluate.fractions == std::vector<double>{0.5});
    CHECK(plan.evaluate.image_size == 64);
    CHECK(plan.seeds == std::vector<std::int64_t>{7});
}

TEST_CASE("plan_text: a plan that extends nothing is kept as it was read", "[unit]") {
    const Plans plans;
    CHECK(plans.read("base/plan.json").text == json::parse(good));
}

TEST_CASE("plan_text: files extend each other in a chain, each from its own folder", "[unit]") {
    const Plans plans;
    plans.write("base/second.json", R"({"extends": "plan.json", "seeds": [3], "pretrain": {"epochs": 6}})");
    plans.write("third.json", R"({"extends": "base/second.json", "pretrain": {"batch_size": 8}})");
    const Plan plan = plans.read("third.json");
    CHECK(plan.seeds == std::vector<std::int64_t>{3});
    CHECK(plan.methods[0].pretrain.epochs == 6);
    CHECK(plan.methods[0].pretrain.batch_size == 8);
    CHECK(plan.datasets[0].import.root == plans.path("base/images")); // of the file that has the path
    plans.write("fourth.json", R"({"extends": "third.json", "datasets": {"images": {"root": "images"}}})");
    CHECK(plans.read("fourth.json").datasets[0].import.root == plans.path("images"));
    plans.write("whole.json", R"({"extends": "base/plan.json",
        "datasets": {"more": {"importer": "nih", "root": "more"}}, "pretrain": {"dataset": "more"}})");
    const Plan two = plans.read("whole.json");
    REQUIRE(two.datasets.size() == 2);
    CHECK(two.datasets[0].import.root == plans.path("base/images"));
    CHECK(two.datasets[1].import.root == plans.path("more"));
}

TEST_CASE("plan_text: a mistake is reported with the file that has it", "[unit]") {
    const Plans plans;
    json::object base = good_plan();
    base["pretrain"].as_object()["optimizer"].as_object()["momentun"] = 0.5;
    plans.write("base/plan.json", json::serialize(base));
    plans.write("a.json", R"({"extends": "base/plan.json", "pretrain": {"optimizer": {"weight_decay": 0.25}}})");
    const std::string theirs = plans.path("base/plan.json") + ": ", ours = plans.path("a.json") + ": ";
    CHECK(plans.refused("a.json").starts_with(theirs + "$.pretrain.optimizer.momentun: unknown key"));
    plans.write("base/plan.json", good);
    const std::vector<std::pair<const char*, const char*>> cases = {
        {R"("pretrain": {"optimizer": {"weight_decai": 0.25}})", "$.pretrain.optimizer.weight_decai: unknown key"},
        {R"("pretrain": {"schedule": {"warmup_epochs": -1}})", "$.pretrain.schedule.warmup_epochs is -1"},
        {R"("pretrain": 3)", "$.pretrain is not an object"},
        {R"("seeds": [1, 1])", "$.seeds has 1 twice"},
        {R"("seed": [1])", "$.seed: unknown key"},
        {R"("evaluate": {"protocols": ["thawed"]})", "$.evaluate.protocols has \"thawed\""},
        {R"("evaluate": {"finetuned": {"epochs": 0}})", "$.evaluate.finetuned.epochs is 0"},
        {R"("evaluate": false)", "$.evaluate is a boolean, expected an object"},
        {R"("datasets": {"images": {"rot": "x"}})", "$.datasets.images.rot: unknown key"},
        {R"("datasets": {"images": {"root": "${MLVICX_NO_SUCH_VARIABLE}"}})", "$.datasets.images.root is"},
        {R"("methods": ["simcrl"])", "$.methods[0]: unknown method \"simcrl\""},
        {R"("encoder": "resnet34")", "$.encoder is \"resnet34\""},
        {R"("pretrain": {"precision": null})", "$.pretrain.precision is null, which removes a key, but the extended"},
        {R"("pretrain": {"view1": {"crop_low": null}})", "$.pretrain.view1.crop_low is null, which removes a key"},
        {R"("methods": null)", "$.methods is missing"},
    };
    for (const auto& [patch, message] : cases) {
        plans.write("a.json", std::string(R"({"extends": "base/plan.json", )") + patch + "}");
        INFO(patch << " -> " << plans.refused("a.json"));
        CHECK(plans.refused("a.json").starts_with(ours + message));
    }
}

TEST_CASE("plan_text: a file to extend that is missing, no plan or part of a circle is refused", "[unit]") {
    const Plans plans;
    plans.write("a.json", R"({"extends": "nowhere.json"})");
    CHECK(plans.refused("a.json") ==
          plans.path("a.json") + ": $.extends is \"nowhere.json\", but there is no file " + plans.path("nowhere.json"));
    plans.write("a.json", R"({"extends": "base"})");
    CHECK(contains(plans.refused("a.json"), "there is no file " + plans.path("base")));
    for (const char* wrong : {"3", "\"\"", "[\"base/plan.json\"]"}) {
        plans.write("a.json", std::string(R"({"extends": )") + wrong + "}");
        CHECK(plans.refused("a.json") == plans.path("a.json") + ": $.extends is not the path of a plan");
    }
    plans.write("list.json", "[]");
    plans.write("a.json", R"({"extends": "list.json"})");
    CHECK(plans.refused("a.json") == plans.path("list.json") + ": $ is not an object, expected a plan");
    plans.write("list.json", "{");
    CHECK(contains(plans.refused("a.json"), "list.json:1:2: not valid JSON"));
    plans.write("a.json", R"({"extends": "b.json"})");
    plans.write("b.json", R"({"extends": "base/../a.json"})");
    CHECK(contains(plans.refused("a.json"), plans.path("b.json") + ": $.extends is \"base/../a.json\", which makes a " +
                                                "circle: " + plans.path("a.json") + ", " + plans.path("b.json") + ", " +
                                                plans.path("a.json")));
    plans.write("a.json", R"({"extends": "a.json"})");
    CHECK(contains(plans.refused("a.json"), "which makes a circle"));
}
