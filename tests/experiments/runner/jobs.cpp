#include "experiments/runner/jobs.h"

#include "core/error.h"
#include "datasets/importers/manifest.h"
#include "datasets/phantom/phantom.h"
#include "experiments/runner/artifacts.h"
#include "experiments/runner/job_filter.h"
#include "tests/support/catch.h"
#include "tests/support/plan_text.h"
#include "tests/support/trial_plan.h"

#include <algorithm>
#include <map>
#include <set>

using namespace mlvicx;
using mlvicx::contains;
using mlvicx::testing::good;
using mlvicx::testing::good_plan;
using mlvicx::testing::plan_of;

namespace {

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
    SECTION("a list of one dataset, which is that dataset") {
        text["pretrain"].as_object()["dataset"] = json::array{"images"};
        text["pretrain"].as_object()["balance"] = false;
        CHECK(unchanged(jobs_of(text)) == hashes(before));
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
    SECTION("options of ablations, and part of the pre-training images") {
        const auto with = [&](const char* key, json::value value) {
            json::object changed = good_plan();
            changed["methods"].as_array()[1].as_object()[key] = std::move(value);
            return jobs_of(changed);
        };
        for (const auto& [key, usual] : {std::pair<const char*, json::value>{"context", "both"},
                                         {"levels", json::array{1, 2, 3, 4, 5}},
                                         {"level_size", 64},
                                         {"level_cells", 4},
                                         {"multi_level_only", false},
                                         {"images", 1}})
            CHECK(unchanged(with(key, usual)) == hashes(before));
        auto others = hashes(before, "method=simclr");
        others.merge(hashes(before, "method=random"));
        for (const auto& [key, value] : {std::pair<const char*, json::value>{"context", "none"},
                                         {"levels", json::array{5}},
                                         {"level_size", 32},
                                         {"level_cells", 2},
                                         {"multi_level_only", true},
                                         {"images", 0.5}})
            CHECK(unchanged(with(key, value)) == others);
        for (const auto& [context, encoder] :
             {std::pair("channel", "resnet18+channel_context"), std::pair("spatial", "resnet18+spatial_context"),
              std::pair("none", "resnet18")})
            for (const auto& job : with("context", context).evaluate)
                if (job.key.method == "mlvicx") CHECK(job.key.config.at("encoder") == encoder);
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

TEST_CASE("jobs: entries that differ only in their evaluation share one pre-training", "[unit]") {
    json::object text = good_plan();
    text["methods"] = json::parse(R"([{"name": "mlvicx", "hidden": 64}, "random",
        {"name": "mlvicx", "label": "no context", "hidden": 64, "evaluate": {"features": "backbone"}},
        {"name": "mlvicx", "label": "small", "hidden": 64, "evaluate": {"image_size": 32}},
        {"name": "mlvicx", "label": "wide", "hidden": 64, "encoder": "resnet50"}])");
    const Jobs jobs = jobs_of(text);
    CHECK(jobs.pretrain.size() == 2 * 2); // seeds x encoders
    CHECK(jobs.evaluate.size() == 5 * 2 * 2 * 2);
    CHECK(hashes(jobs).size() == jobs.pretrain.size() + jobs.evaluate.size());
    std::map<std::string, std::set<std::string>> encoders, networks;
    for (const auto& job : jobs.evaluate) {
        encoders[job.key.method].insert(job.encoder_id);
        networks[job.key.method].insert(json::value_to<std::string>(job.key.config.at("encoder")));
        CHECK(job.key.config.at("image_size").to_number<int>() == (job.key.method == "small" ? 32 : 64));
        if (job.pretrain) CHECK(jobs.pretrain[*job.pretrain].key.hash == job.encoder_id);
    }
    CHECK(encoders["no context"] == encoders["mlvicx"]);
    CHECK(encoders["small"] == encoders["mlvicx"]);
    CHECK(encoders["wide"] != encoders["mlvicx"]);
    CHECK(networks["mlvicx"] == std::set<std::string>{"resnet18+context"});
    CHECK(networks["no context"] == std::set<std::string>{"resnet18"});
    CHECK(networks["wide"] == std::set<std::string>{"resnet50+context"});
    // What an entry says itself is what the plan could have said for all.
    json::object plain = good_plan();
    plain["methods"] = json::parse(R"([{"name": "mlvicx", "hidden": 64}])");
    plain["evaluate"].as_object()["features"] = "backbone";
    CHECK(hashes(jobs_of(plain), "kind=evaluate") == hashes(jobs, "kind=evaluate,method=no context"));
}

TEST_CASE("jobs: hashes are those of the releases before methods had their own encoder and evaluation", "[unit]") {
    json::object text = good_plan(); // in fp32, which does not depend on the machine
    text["pretrain"].as_object()["precision"] = "fp32";
    text["evaluate"].as_object()["precision"] = "fp32";
    text["evaluate"].as_object()["finetuned"] = json::parse(R"({"precision": "fp32"})");
    const Jobs jobs = jobs_of(text, "not prepared yet: images"); // as --dry-run listed them
    const auto of = [&](const std::string& filter) {
        std::set<std::string> result;
        for (const auto& hash : hashes(jobs, filter)) result.insert(hash.substr(0, 8));
        return result;
    };
    CHECK(of("kind=pretrain") == std::set<std::string>{"2f835255", "5b30a191", "e4f9166c", "17546000"});
    CHECK(of("method=mlvicx,seed=1,kind=evaluate") ==
          std::set<std::string>{"7f425d8a", "17b77f60", "724b95dd", "2819176b"});
    CHECK(of("method=simclr,seed=0,kind=evaluate") ==
          std::set<std::string>{"6bdc5b07", "1f095757", "d1638bff", "56843553"});
    CHECK(of("method=random,seed=0") == std::set<std::string>{"158d288b", "a32c8444", "972355f6", "20770678"});
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

TEST_CASE("artifacts: an unused option does not change the name of a prepared file", "[unit]") {
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
