#include "experiments/runner/jobs.h"
#include "results/report/sections/grid_text.h"
#include "results/statistics/pairs.h"
#include "tests/support/bench_process.h"
#include "tests/support/catch.h"
#include "tests/support/given_images.h"
#include "tests/support/plan_text.h"
#include "tests/support/trial_plan.h"

#include <set>

using namespace mlvicx;
using mlvicx::contains;
using mlvicx::testing::good_plan;
using mlvicx::testing::plan_of;
using mlvicx::testing::Ran;
using mlvicx::testing::refusal;
using mlvicx::testing::run_bench;

namespace {

std::set<std::string> hashes(const Jobs& jobs) {
    std::set<std::string> result;
    for (const auto* list : {&jobs.pretrain, &jobs.evaluate})
        for (const auto& job : *list) result.insert(job.key.hash);
    return result;
}

JobInputs inputs_of(const std::map<std::string, std::string>& attributes = {}) {
    JobInputs inputs;
    inputs.fingerprints = {{"images", "abc"}, {"others", "def"}};
    inputs.attributes = attributes;
    return inputs;
}

std::vector<std::string> labels_of(const Plan& plan) {
    std::vector<std::string> labels;
    for (const auto& method : plan.methods) labels.push_back(method.label);
    return labels;
}

/// A plan on two datasets in files, with features of both.
json::object two_datasets() {
    return json::parse(R"({
      "name": "two",
      "datasets": {"a": {"file": "a.safetensors"}, "b": {"file": "b.safetensors"}},
      "methods": [{"name": "features", "label": "theirs", "files": {"a": "fa.safetensors", "b": "fb.safetensors"}},
                  "random"],
      "evaluate": {"datasets": ["a"], "protocols": ["frozen", "knn"], "image_size": 16, "precision": "fp32",
                   "external": [{"from": "a", "to": "b", "classes": {"Mass": "Mass", "Nodule": "Lump"}}]}
    })")
        .as_object();
}

std::string query(const TempFolder& folder, const std::string& sql) {
    Sqlite db(folder / "results.db", true);
    Statement rows(db, sql);
    std::string text;
    while (rows.step()) text += rows.text(0) + "\n";
    return text;
}

} // namespace

TEST_CASE("controls: a plan gets those that cost little, and names others", "[unit]") {
    json::object text = good_plan();
    const std::vector<std::string> own = {"simclr", "mlvicx", "random"};
    const auto with = [&](std::vector<std::string> more) {
        auto all = own;
        all.insert(all.end(), more.begin(), more.end());
        return all;
    };
    CHECK(labels_of(plan_of(text)) == own); // false
    text["controls"] = json::array{};
    CHECK(labels_of(plan_of(text)) == own);
    text.erase("controls");
    CHECK(labels_of(plan_of(text)) == with({"shuffled", "metadata"}));
    text["controls"] = true;
    CHECK(labels_of(plan_of(text)) == with({"shuffled", "metadata"}));
    text["controls"] = json::array{"metadata"};
    CHECK(labels_of(plan_of(text)) == with({"metadata"}));
    text.erase("controls");
    text["methods"] = json::array{"simclr"}; // its features are not those of the initial encoder
    CHECK(labels_of(plan_of(text)) == std::vector<std::string>{"simclr", "metadata"});
    text["methods"] = json::array{"random", "metadata"};
    CHECK(labels_of(plan_of(text)) == std::vector<std::string>{"random", "metadata", "shuffled"});
    text["evaluate"].as_object()["protocols"] = json::array{"finetuned"};
    text["methods"] = json::array{"random"};
    CHECK(labels_of(plan_of(text)) == std::vector<std::string>{"random"});
    text["controls"] = json::array{"shuffled"};
    CHECK(contains(refusal(text), "$.controls has \"shuffled\", which needs \"frozen\" in $.evaluate.protocols"));
    text["controls"] = json::array{"shufled"};
    CHECK(contains(refusal(text), "$.controls has \"shufled\", expected shuffled or metadata (did you mean"));
    text["controls"] = 3;
    CHECK(contains(refusal(text), "$.controls"));
}

TEST_CASE("controls: they add jobs with the linear probe, and change no other job", "[unit]") {
    json::object text = good_plan();
    const Jobs without = expand_jobs(plan_of(text), inputs_of());
    text.erase("controls");
    const Jobs unknown = expand_jobs(plan_of(text), inputs_of()); // without attributes there is no metadata
    const Jobs with = expand_jobs(plan_of(text), inputs_of({{"images", "digest"}}));
    const auto before = hashes(without), after = hashes(with);
    CHECK(std::includes(after.begin(), after.end(), before.begin(), before.end()));
    CHECK(unknown.evaluate.size() == without.evaluate.size() + 2 * 2); // seeds x fractions
    CHECK(with.evaluate.size() == without.evaluate.size() + 2 * 2 * 2);
    std::map<std::string, std::set<std::string>> features;
    for (const auto& job : with.evaluate) {
        if (job.key.protocol == "frozen") features[job.key.method].insert(job.features);
        if (job.key.method != "shuffled" && job.key.method != "metadata") continue;
        CHECK(job.key.protocol == "frozen");
        CHECK_FALSE(job.key.control);
        CHECK(job.key.config.at("control") == json::value(job.key.method));
    }
    CHECK(features["shuffled"] == features["random"]); // computed once
    CHECK(features["metadata"] == std::set<std::string>{""});
    // Another content of the attributes is another result.
    CHECK(hashes(expand_jobs(plan_of(text), inputs_of({{"images", "changed"}}))) != after);
}

TEST_CASE("controls: external tests and files of features are checked with the plan", "[unit]") {
    json::object text = two_datasets();
    CHECK(refusal(text) == "");
    const auto with = [&](const char* test) {
        json::object changed = text;
        changed["evaluate"].as_object()["external"] = json::parse(test);
        return refusal(changed);
    };
    CHECK(contains(with(R"({"from": "a"})"), "$.evaluate.external is not a list"));
    CHECK(contains(with(R"([{"from": "a", "to": "b"}])"), "$.evaluate.external[0].classes is missing"));
    CHECK(contains(with(R"([{"from": "a", "to": "b", "classes": {}}])"), "[0].classes is not an object with entries"));
    CHECK(contains(with(R"([{"from": "a", "to": "b", "classes": {"Mass": 1}}])"), "[0].classes.Mass is not a text"));
    CHECK(contains(with(R"([{"from": "a", "classes": {"Mass": "Mass"}}])"), "[0].to is missing"));
    CHECK(contains(with(R"([{"from": "a", "to": "a", "classes": {"Mass": "Mass"}}])"), "tests \"a\" on itself"));
    CHECK(contains(with(R"([{"from": "a", "to": "c", "classes": {"Mass": "Mass"}}])"),
                   "[0].to names \"c\", expected one of $.datasets: a, b"));
    CHECK(contains(with(R"([{"from": "b", "to": "a", "classes": {"Mass": "Mass"}}])"),
                   "[0].from names \"b\", expected one of $.evaluate.datasets: a"));
    CHECK(
        contains(with(R"([{"from": "a", "to": "b", "images": "train", "classes": {"Mass": "Mass"}}])"), "[0].images"));
    CHECK(contains(with(R"([{"from": "a", "to": "b", "classes": {"Mass": "Mass"}},
                            {"from": "a", "to": "b", "classes": {"Mass": "Mass"}}])"),
                   "$.evaluate.external has a -> b twice"));
    json::object changed = text;
    changed["methods"].as_array()[0].as_object()["files"] = json::parse(R"({"a": "fa.safetensors"})");
    CHECK(contains(refusal(changed), "method \"theirs\" has no features of dataset \"b\""));
    changed["methods"].as_array()[0].as_object()["files"] = json::parse(R"({"c": "fa.safetensors"})");
    CHECK(contains(refusal(changed), "$.methods[0].files.c: unknown key; expected one of: a, b"));
    changed = text;
    changed["evaluate"].as_object()["protocols"] = json::array{"finetuned"};
    CHECK(contains(refusal(changed), "method \"theirs\" has no network, so it has none of $.evaluate.protocols "
                                     "(finetuned); expected frozen or knn"));
    changed["methods"] = json::array{"random"};
    CHECK(contains(refusal(changed), "needs a protocol on features, expected frozen or knn"));
}

TEST_CASE("controls: a run has rows of features, of the controls and of external tests", "[unit]") {
    const TempFolder folder;
    const GivenImages a(folder, "a", 80, 80), b(folder, "b", 64, 90, {"Other", "Lump", "Mass"});
    auto names = a.data.prepared->ids();
    names.emplace_back("stranger");
    a.write(folder / "fa.safetensors", torch::cat({a.features, a.features.narrow(0, 0, 1)}), names);
    b.write(folder / "fb.safetensors");
    json::object plan = two_datasets();
    write_text(folder / "plan.json", json::serialize(plan));
    const Ran ran = run_bench(folder, {"run", "plan.json"});
    INFO(ran.err << ran.out);
    REQUIRE(ran.status == 0);
    CHECK(contains(ran.err, "1 of its 81 rows are of images that dataset \"a\" does not have"));
    CHECK(contains(ran.err, "metadata: left out on 1 of 1 datasets, whose images have no sex, age or view: a"));
    const std::string rows = "SELECT x.dataset || ', ' || c.protocol || ', ' || x.method FROM experiment_jobs x "
                             "JOIN jobs c ON c.id = x.job_id WHERE c.state = 'done' ORDER BY x.position";
    CHECK(query(folder, rows) == "a, frozen, theirs\na, knn, theirs\na -> b, frozen, theirs\na -> b, knn, theirs\n"
                                 "a, frozen, random\na, knn, random\na -> b, frozen, random\na -> b, knn, random\n"
                                 "a, frozen, shuffled\na -> b, frozen, shuffled\n");
    CHECK(contains(ran.out, "a -> b, frozen (linear probe)"));
    CHECK_FALSE(fs::exists(folder / "results.artifacts/features"));
    {
        Store store(folder / "results.db", true);
        const auto found = grid(store);
        for (const auto& row : found) CHECK(row.apart == (row.method == "shuffled"));
        for (const auto& pair : method_pairs(store, found)) CHECK((pair.a == "theirs" && pair.b == "random"));
        CHECK_FALSE(contains(gap_text(found), "shuffled"));
        CHECK(compared_rows(found).size() == found.size() - 2);
    }
    // Unknown for features; the controls saw no image before.
    CHECK(query(folder, "SELECT DISTINCT x.method || ' ' || coalesce(l.in_pretraining, 'unknown') FROM leakage l "
                        "JOIN experiment_jobs x ON x.job_id = l.job_id ORDER BY 1") ==
          "random 0\nshuffled 0\ntheirs unknown\n");
    const Ran again = run_bench(folder, {"run", "plan.json"});
    CHECK(contains(again.err, "nothing to do"));
    CHECK(again.out == ran.out);

    SECTION("classes that do not exist are found before anything is computed") {
        plan["evaluate"].as_object()["external"].as_array()[0].as_object()["classes"] =
            json::parse(R"({"Mass": "Mas"})");
        write_text(folder / "plan.json", json::serialize(plan));
        const Ran refused = run_bench(folder, {"run", "plan.json", "--results", "other.db"});
        CHECK(refused.status == 2);
        CHECK(contains(refused.err, "$.evaluate.external[0]: "));
        CHECK(
            contains(refused.err, "has no class \"Mas\", expected one of: Other, Lump, Mass (did you mean \"Mass\"?)"));
        CHECK_FALSE(fs::exists(folder / "other.db"));
    }
    SECTION("features of another width cannot be tested") {
        b.write(folder / "fb.safetensors", b.features.narrow(1, 0, 5), b.data.prepared->ids());
        const Ran refused = run_bench(folder, {"run", "plan.json", "--results", "other.db"});
        CHECK(refused.status == 2);
        CHECK(contains(refused.err, "method \"theirs\" has 6 features on \"a\" and 5 on \"b\""));
    }
    SECTION("another map or other images are other results") {
        plan["evaluate"].as_object()["external"].as_array()[0].as_object()["images"] = "all";
        write_text(folder / "plan.json", json::serialize(plan));
        const Ran all = run_bench(folder, {"run", "plan.json"});
        INFO(all.err);
        REQUIRE(all.status == 0);
        CHECK(query(folder, "SELECT count(*) FROM jobs WHERE state = 'done'") == "15\n");
        CHECK(query(folder, "SELECT max(test_images) FROM leakage") == "64\n");
    }
}

TEST_CASE("controls: images of an external test that the probe has learned from are refused or counted", "[unit]") {
    const TempFolder folder;
    const GivenImages a(folder, "a", 80, 80), other(folder, "c", 64, 90, {"Other", "Lump", "Mass"});
    // Two test images of b are training images of a, one of them changed; one of b's training images is.
    const auto drawn = drawn_images(64, 64, 90), known = drawn_images(80, 64, 80);
    std::vector<MadeImage> images;
    for (std::int64_t i = 0; i < 64; ++i) {
        const auto& from = *other.data.prepared;
        MadeImage image{
            drawn[static_cast<std::size_t>(i)], "b" + std::to_string(i), from.patient(i), from.split(i), {}};
        image.labels.assign(from.labels(i).begin(), from.labels(i).end());
        images.push_back(image);
    }
    images[50].pixels = known[3], images[55].pixels = 255 - known[7];
    images[3].pixels = known[9];
    prepared_images(folder.path, "b", images, 64, {"Other", "Lump", "Mass"});
    json::object plan = two_datasets();
    plan["methods"] = json::array{"random"};
    plan["evaluate"].as_object()["protocols"] = json::array{"knn"};
    write_text(folder / "plan.json", json::serialize(plan));
    const Ran refused = run_bench(folder, {"run", "plan.json"});
    INFO(refused.err);
    CHECK(refused.status == 2);
    CHECK(contains(refused.err, "2 images that the external test a -> b uses have copies in training or validation of "
                                "\"a\", such as b50"));
    const Ran allowed = run_bench(folder, {"run", "plan.json", "--allow-leakage"});
    INFO(allowed.err);
    CHECK(allowed.status == 0);
    CHECK(query(folder, "SELECT x.dataset || ' ' || l.test_images || ' ' || l.in_training FROM leakage l JOIN "
                        "experiment_jobs x ON x.job_id = l.job_id ORDER BY 1") == "a -> b 16 2\na 20 0\n");
}
