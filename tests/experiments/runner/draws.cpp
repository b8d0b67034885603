#include "core/error.h"
#include "experiments/runner/job_filter.h"
#include "experiments/runner/jobs.h"
#include "results/report/markdown.h"
#include "tests/support/bench_process.h"
#include "tests/support/catch.h"
#include "tests/support/plan_text.h"
#include "tests/support/quick_protocols.h"

#include <set>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace {

const char* const plan_text = R"({
  "name": "drawn",
  "datasets": {"images": {"importer": "phantom", "size": 32, "phantom": {"images": 80, "size": 48, "seed": 3}}},
  "methods": ["random"],
  "controls": false,
  "evaluate": {"fractions": [0.5, 1], "draws": [3, 7], "protocols": ["frozen"], "image_size": 32, "precision": "fp32",
               "frozen": {"iterations": 30}},
  "seeds": [0, 1]
})";

json::object plan_object() {
    return json::parse(plan_text).as_object();
}

JobInputs inputs() {
    JobInputs result;
    result.fingerprints["images"] = "abc";
    return result;
}

Jobs jobs_of(const json::value& text) {
    return expand_jobs(plan_of(text), inputs());
}

std::set<std::string> hashes(const Jobs& jobs, const std::string& filter = {}) {
    std::set<std::string> result;
    for (const auto& job : jobs.evaluate)
        if (JobFilter(filter).takes(job.key)) result.insert(job.key.hash);
    return result;
}

std::string refusal_of(const char* draws) {
    auto text = plan_object();
    text["evaluate"].as_object()["draws"] = json::parse(draws);
    return refusal(text);
}

} // namespace

TEST_CASE("draws: each seed is evaluated on each draw, on all images once", "[unit]") {
    const Jobs jobs = jobs_of(plan_object());
    CHECK(jobs.evaluate.size() == 2 * (2 + 1));
    CHECK(hashes(jobs).size() == 6);
    CHECK(hashes(jobs, "draw=3").size() == 2);
    CHECK(hashes(jobs, "draw=3,draw=7,seed=1").size() == 2);
    CHECK(hashes(jobs, "fraction=1").size() == 2);
    CHECK(hashes(jobs, "draw=5").empty());
    std::set<std::string> features;
    for (const auto& job : jobs.evaluate) {
        features.insert(job.features);
        CHECK(job.key.draw.has_value() == (job.key.fraction != 1));
        CHECK(job.key.config.contains("draw") == job.key.draw.has_value());
        CHECK(drawn_by(job.key) == job.key.draw.value_or(job.key.seed));
    }
    CHECK(features.size() == 2); // one for each seed: the draws share them
    CHECK(job_text(jobs.evaluate[0].key) == "random seed 0 draw 3, frozen, 50 % of images");
    CHECK_THROWS_AS(JobFilter("draw=first"), UserError);
}

TEST_CASE("protocols: those on frozen features share one set, the others have none", "[unit]") {
    auto text = plan_object();
    text["evaluate"].as_object()["protocols"] = json::array{"frozen", "knn", "partial", "frozen_as_released"};
    std::set<std::string> features;
    for (const auto& job : jobs_of(text).evaluate) {
        CHECK(job.features.empty() != protocol_entry(job.key.protocol).procedure.on_features());
        if (!job.features.empty()) features.insert(job.features);
    }
    CHECK(features.size() == 2); // one for each seed
}

TEST_CASE("draws: a plan without them has the jobs that it had, and shares those of all images", "[unit]") {
    auto text = plan_object();
    text["evaluate"].as_object().erase("draws");
    const Jobs without = jobs_of(text);
    CHECK(without.evaluate.size() == 4);
    for (const auto& job : without.evaluate) {
        CHECK_FALSE(job.key.draw.has_value());
        CHECK_FALSE(job.key.config.contains("draw"));
    }
    CHECK(hashes(without, "fraction=1") == hashes(jobs_of(plan_object()), "fraction=1"));
    text["evaluate"].as_object()["draws"] = json::array{};
    CHECK(hashes(jobs_of(text)) == hashes(without));
    text["evaluate"].as_object()["draws"] = json::array{3, 7, 8}; // more draws do not change the earlier ones
    const auto more = hashes(jobs_of(text)), fewer = hashes(jobs_of(plan_object()));
    CHECK(std::includes(more.begin(), more.end(), fewer.begin(), fewer.end()));
}

TEST_CASE("draws: mistakes are refused", "[unit]") {
    CHECK(contains(refusal_of("[-1]"), "$.evaluate.draws[0]"));
    CHECK(contains(refusal_of("[1, 1]"), "$.evaluate.draws has 1 twice"));
    CHECK(contains(refusal_of("[0.5]"), "$.evaluate.draws[0]"));
    CHECK(contains(refusal_of("3"), "$.evaluate.draws"));
}

TEST_CASE("draws: imported subsets are found by draw", "[unit]") {
    auto text = plan_object();
    text["evaluate"].as_object()["subsets"] = "subsets.json";
    auto given = inputs();
    for (const double fraction : {0.5, 1.0})
        for (const std::int64_t draw : {3, 7})
            given.subsets["images"][{fraction, draw}] = fmt::format("{} {}", fraction, draw);
    const auto jobs = expand_jobs(plan_of(text), given);
    CHECK(jobs.evaluate.size() == 6);
    for (const auto& job : jobs.evaluate)
        CHECK(job.key.config.at("subset").as_string() == fmt::format("{} {}", job.key.fraction, *job.key.draw));
    given.subsets["images"].erase({0.5, 7});
    CHECK_THROWS_AS(expand_jobs(plan_of(text), given), UserError);
}

TEST_CASE("draws: a run keeps the draw, trains each seed on the draw's images, and its report tells them apart",
          "[unit]") {
    const TempFolder folder;
    write_text(folder / "plan.json", plan_text);
    const Ran ran = run_bench(folder, {"run", "plan.json"});
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    CHECK(contains(ran.out, "n = 2 seeds x 2 draws of the labelled images (100 %: seeds only)"));
    {
        Store store(folder / "results.db", true);
        Statement query(store.db(), "SELECT draw, count(DISTINCT seed), count(DISTINCT json_extract(details, "
                                    "'$.train_positives')), count(*) FROM jobs WHERE kind = 'evaluate' GROUP BY draw");
        std::vector<std::string> lines;
        while (query.step())
            lines.push_back(
                fmt::format("{} {} {} {}", query.text(0), query.integer(1), query.integer(2), query.integer(3)));
        CHECK(lines == std::vector<std::string>{" 2 1 2", "3 2 1 2", "7 2 1 2"});
        CHECK(contains(report_markdown(store), "## Seeds and draws"));
        Statement subsets(store.db(), "SELECT count(DISTINCT json_extract(details, '$.train_positives')) FROM jobs "
                                      "WHERE draw IS NOT NULL");
        subsets.step();
        CHECK(subsets.integer(0) == 2);
    }
    // A single step is the same job as the plan's.
    const auto data = std::filesystem::directory_iterator(folder / "results.artifacts/prepared")->path().string();
    const Ran single = run_bench(folder, {"evaluate", "--data", data, "--encoder", "random", "--seed", "1", "--draw",
                                          "7", "--fraction", "0.5", "--image-size", "32", "--set", "precision=fp32",
                                          "--set", "frozen.iterations=30", "--results", "results.db"});
    INFO(single.err);
    CHECK(single.status == 0);
    CHECK(contains(single.err, "already has this evaluation"));
    CHECK(run_bench(folder, {"run", "plan.json", "--only", "draw=7,seed=1", "--dry-run"}).out.find("1 jobs: 1 done") !=
          std::string::npos);
}

TEST_CASE("protocols: a plan runs all of them from one set of features and names them in its tables", "[unit]") {
    const TempFolder folder;
    auto text = plan_object();
    text["name"] = "every way";
    auto& evaluate = text["evaluate"].as_object();
    evaluate.erase("draws");
    evaluate["fractions"] = json::array{1};
    json::array names;
    for (const auto& protocol : protocol_names()) names.emplace_back(protocol);
    evaluate["protocols"] = names;
    one_epoch_each(evaluate);
    text["seeds"] = json::array{0};
    write_text(folder / "plan.json", json::serialize(text));
    const Ran ran = run_bench(folder, {"run", "plan.json"});
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    for (const char* title :
         {"images, frozen (linear probe):", "images, nearest neighbours:", "images, last stage fine-tuned:",
          "images, fine-tuned:", "images, frozen, as released:", "images, fine-tuned, as released:"})
        CHECK(contains(ran.out, title));
    CHECK(contains(ran.err, fmt::format("[{0}/{0}]", protocol_names().size())));
    const Ran status = run_bench(folder, {"status", "results.db"});
    // Columns stay aligned next to the longest name.
    CHECK(contains(status.out, "  fine-tuned, as released                 1        0"));
    CHECK(contains(status.out, "  segmentation, fine-tuned encoder        1        0"));
}
