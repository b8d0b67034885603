#include "experiments/recipe_table.h"
#include "experiments/runner/jobs.h"
#include "tests/support/catch.h"
#include "tests/support/plan_text.h"
#include "tests/support/trial_plan.h"

#include <set>

using namespace mlvicx;
using mlvicx::contains;
using mlvicx::TempFolder;
using mlvicx::testing::good_plan;
using mlvicx::testing::plan_of;
using mlvicx::testing::refusal;

namespace {

json::object with(const char* pretrain, const char* methods) {
    json::object text = good_plan();
    text["pretrain"] = json::parse(pretrain);
    text["methods"] = json::parse(methods);
    return text;
}

std::vector<std::string> hashes_of(const json::object& text) {
    JobInputs inputs;
    inputs.fingerprints["images"] = "abc";
    std::vector<std::string> hashes;
    for (const auto& job : expand_jobs(plan_of(text), inputs).pretrain) hashes.push_back(job.key.hash);
    return hashes;
}

constexpr const char* all = R"(["simclr", "byol", "vicreg", "barlow_twins", "mlvicx"])";

} // namespace

TEST_CASE("recipe_table: the authors' recipe is the default, and naming it changes no identity", "[unit]") {
    CHECK(recipe_table().front().name == "authors");
    CHECK(hashes_of(with(R"({"epochs": 20})", all)) == hashes_of(with(R"({"epochs": 20, "recipe": "authors"})", all)));
    CHECK(hashes_of(with(R"({"epochs": 20})", all)) != hashes_of(with(R"({"epochs": 20, "recipe": "small"})", all)));
}

TEST_CASE("recipe_table: a recipe comes after the method's own and before the plan's keys", "[unit]") {
    const auto method = [](const char* pretrain, const char* methods) {
        return plan_of(with(pretrain, methods)).methods.front();
    };
    const auto small = method(R"({"recipe": "small"})", R"(["barlow_twins"])");
    CHECK(small.pretrain.optimizer.learning_rate == 3);
    CHECK(small.pretrain.optimizer.bias_rate_factor == 0.024);
    CHECK(small.pretrain.view2.solarize == 0);
    CHECK(small.pretrain.view2.blur == 0.1); // the authors'
    CHECK(small.own.barlow_twins.hidden == 1024);
    const auto planned = method(R"({"recipe": "small", "optimizer": {"learning_rate": 2}})", R"(["barlow_twins"])");
    CHECK(planned.pretrain.optimizer.learning_rate == 2);
    CHECK(planned.pretrain.optimizer.bias_rate_factor == 0.024);
    const auto own = method(R"({"recipe": "small", "optimizer": {"learning_rate": 2}})",
                            R"([{"name": "barlow_twins", "hidden": 64, "optimizer": {"learning_rate": 1}}])");
    CHECK(own.pretrain.optimizer.learning_rate == 1);
    CHECK(own.own.barlow_twins.hidden == 64);
    CHECK(own.own.barlow_twins.output == 1024);
}

TEST_CASE("recipe_table: an entry, or a grid, may have its own recipe", "[unit]") {
    const auto rates = [](const json::object& text) {
        std::vector<double> found;
        for (const auto& method : plan_of(text).methods) found.push_back(method.pretrain.optimizer.learning_rate);
        return found;
    };
    using Rates = std::vector<double>;
    CHECK(rates(with("{}", R"(["vicreg", {"name": "vicreg", "label": "s", "recipe": "small"}])")) == Rates{0.2, 3});
    CHECK(rates(with(R"({"recipe": "small"})",
                     R"(["vicreg", {"name": "vicreg", "label": "a", "recipe": "authors"}])")) == Rates{3, 0.2});
    CHECK(rates(with("{}", R"([{"name": "vicreg", "grid": {"recipe": ["authors", "small"]}}])")) == Rates{0.2, 3});
}

TEST_CASE("recipe_table: a recipe's values written out are the same runs", "[unit]") {
    for (const auto& recipe : recipe_table())
        for (const auto& name : trained_methods()) {
            INFO(recipe.name << " " << name);
            json::object entry = recipe.all;
            if (const auto* more = recipe.methods.if_contains(name))
                for (const auto& item : more->as_object()) entry[item.key()] = item.value();
            entry["name"] = name;
            json::object named = with("{}", "[]"), written = named;
            named["methods"] = json::array{json::object{{"name", name}, {"recipe", recipe.name}}};
            written["methods"] = json::array{entry};
            CHECK(hashes_of(named) == hashes_of(written));
            CHECK_FALSE(entry.contains("epochs")); // what a plan has to decide
            CHECK_FALSE(entry.contains("batch_size"));
        }
}

TEST_CASE("recipe_table: an unknown recipe is refused with its place, and a control has none", "[unit]") {
    CHECK(contains(refusal(with(R"({"recipe": "tiny"})", all)), "$.pretrain.recipe"));
    CHECK(contains(refusal(with(R"({"recipe": "tiny"})", all)), "authors, small"));
    CHECK(contains(refusal(with("{}", R"([{"name": "byol", "recipe": 3}])")), "$.methods[0].recipe"));
    CHECK(contains(refusal(with("{}", R"(["byol", {"name": "random", "recipe": "small"}])")), "$.methods[1].recipe"));
}

TEST_CASE("recipe_table: the page of keys names every recipe", "[unit]") {
    const std::string text = read_text(std::filesystem::path(MLVICX_SOURCE) / "docs/plan_keys.md");
    std::set<std::string> names;
    for (const auto& recipe : recipe_table()) {
        CHECK(names.insert(recipe.name).second);
        CHECK(contains(text, "| `" + recipe.name + "` |"));
        CHECK_FALSE(recipe.about.empty());
    }
}
