#include "experiments/runner/shard.h"

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/plan_text.h"
#include "tests/support/tiny_plan.h"
#include "tests/support/trial_plan.h"

#include <fmt/ranges.h>

#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace fs = std::filesystem;

namespace {

Jobs jobs_of(const json::value& text) {
    JobInputs inputs;
    inputs.fingerprints["images"] = "abc";
    return expand_jobs(plan_of(text), inputs);
}

/// The trial plan with many seeds: 40 pre-trainings, 240 evaluations of 60 encoders.
Jobs many_jobs() {
    auto plan = good_plan();
    json::array seeds;
    for (int seed = 0; seed < 20; ++seed) seeds.emplace_back(seed);
    plan["seeds"] = seeds;
    return jobs_of(plan);
}

/// The part that takes a job, by the job's hash; each job must be in exactly one.
std::map<std::string, std::int64_t> parts_of(const Jobs& jobs, std::int64_t count) {
    std::map<std::string, std::int64_t> parts;
    for (const auto* list : {&jobs.pretrain, &jobs.evaluate})
        for (const auto& job : *list)
            for (std::int64_t part = 1; part <= count; ++part)
                if (Shard{part, count}.takes(job)) CHECK(parts.emplace(job.key.hash, part).second);
    CHECK(parts.size() == jobs.pretrain.size() + jobs.evaluate.size());
    return parts;
}

} // namespace

TEST_CASE("shards: every job is in one part, with all that share its encoder", "[unit]") {
    const Jobs jobs = many_jobs();
    const auto parts = parts_of(jobs, 4);
    std::map<std::string, std::int64_t> encoders, features;
    std::map<std::int64_t, int> trainings;
    for (const auto& job : jobs.evaluate) {
        const auto part = parts.at(job.key.hash);
        CHECK(encoders.emplace(job.encoder_id, part).first->second == part);
        if (job.pretrain) CHECK(parts.at(jobs.pretrain[*job.pretrain].key.hash) == part);
        if (!job.features.empty()) CHECK(features.emplace(job.features, part).first->second == part);
    }
    for (const auto& job : jobs.pretrain) ++trainings[parts.at(job.key.hash)];
    CHECK(trainings.size() == 4); // no part has none of 40 pre-trainings
    for (const auto& [part, count] : trainings) CHECK(count < 20);
}

TEST_CASE("shards: a job stays in its part when the plan grows", "[unit]") {
    const auto few = parts_of(jobs_of(json::parse(good)), 3), many = parts_of(many_jobs(), 3);
    for (const auto& [hash, part] : few) CHECK(many.at(hash) == part);
}

TEST_CASE("shards: part 1 of 1 is everything, and other texts than i/n are refused", "[unit]") {
    CHECK(shard_from("1/1").whole());
    CHECK(shard_from("2/4").text() == "2/4");
    CHECK(parts_of(many_jobs(), 1).size() == 280);
    for (const char* wrong : {"", "2", "0/4", "5/4", "-1/4", "1/0", "1/4/2", "a/b", "1 / 4", "1/99999", "/", "1/"})
        CHECK(contains(message_of([&] { shard_from(wrong); }), "expected i/n with i from 1 to n"));
}

TEST_CASE("shards: the text says how many of how many", "[unit]") {
    const Jobs jobs = many_jobs();
    std::size_t sum = 0;
    for (std::int64_t part = 1; part <= 2; ++part) {
        std::smatch found;
        const std::string text = shard_text({part, 2}, jobs);
        REQUIRE(std::regex_match(text, found, std::regex(R"(shard \d/2: (\d+) of 280 jobs, with \d+ of 60 encoders)")));
        sum += std::stoul(found[1]);
    }
    CHECK(sum == 280);
}

// ---- a sweep on several machines -----------------------------------------------------------------------------------

namespace {

/// 8 pre-trainings and the evaluations of 12 encoders: all labels and each draw of half of them, by two protocols. With
/// MLVICX_LONG_TESTS in the environment 200 jobs, else 56.
struct Sweep {
    bool whole = std::getenv("MLVICX_LONG_TESTS") != nullptr;
    int jobs = whole ? 200 : 56;
    std::string plan() const {
        auto value = json::parse(text).as_object();
        if (!whole) value["evaluate"].as_object()["draws"] = json::array{0};
        return json::serialize(value);
    }

private:
    static const char* const text;
};

const char* const Sweep::text = R"({
  "name": "sweep",
  "datasets": {"images": {"file": "images.safetensors"}},
  "pretrain": {"epochs": 2, "batch_size": 16, "image_size": 32, "precision": "fp32", "checkpoint_every": 1},
  "methods": [{"name": "simclr", "hidden": 32, "output": 16},
              {"name": "mlvicx", "hidden": 32, "output": 32, "level_channels": 16}, "random"],
  "controls": false,
  "evaluate": {"fractions": [0.5, 1], "draws": [0, 1, 2, 3, 4, 5, 6], "image_size": 32, "precision": "fp32",
               "protocols": ["frozen", "knn"], "frozen": {"iterations": 20}},
  "seeds": [0, 1, 2, 3]
})";

/// Each file of a report with numbers, by its name; without times, rates, and the names of the results files.
std::map<std::string, std::string> report_of(const TempFolder& folder, const std::string& results) {
    const std::string name = fs::path(results).stem().string();
    const Ran ran = run_bench(folder, {"report", results, "--out", "report-" + name});
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder / ("report-" + name))) {
        const auto end = entry.path().extension();
        if (end != ".csv" && end != ".md" && end != ".tex") continue;
        std::istringstream lines(read_text(entry.path()));
        std::string kept;
        for (std::string line; std::getline(lines, line);) {
            if (contains(line, "images_per_second") || contains(line, "| time, all jobs together |")) continue;
            line = std::regex_replace(line, std::regex("\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d(:\\d\\d)?(Z| UTC)?"),
                                      "TIME");
            kept += line + "\n";
        }
        files[fs::relative(entry.path(), folder / ("report-" + name)).string()] =
            std::regex_replace(kept, std::regex("(one|all|part-\\d)\\.(db|artifacts)"), "RESULTS.$2");
    }
    CHECK(files.size() >= 5);
    return files;
}

/// A run that is killed early leaves no results file, or one that is still empty.
bool has_tables(const fs::path& file) {
    if (!fs::exists(file)) return false;
    Sqlite db(file, true);
    Statement tables(db, "SELECT count(*) FROM sqlite_master");
    tables.step();
    return tables.integer(0) > 0;
}

} // namespace

TEST_CASE("shards: a sweep in four parts, two of them killed and started again, merge to the tables of one process",
          "[slow]") {
    const TempFolder folder;
    const Sweep sweep;
    const auto all = std::to_string(sweep.jobs);
    write_text(folder / "plan.json", sweep.plan());
    REQUIRE(
        run_bench(folder, {"prepare", "--dataset", "phantom", "--root", "data", "--phantom-images", "80",
                           "--phantom-size", "48", "--split", "patient", "--size", "32", "--out", "images.safetensors"})
            .status == 0);
    const Ran dry = run_bench(folder, {"run", "plan.json", "--dry-run", "--shard", "1/4"});
    CHECK(contains(dry.out, " of " + all + " jobs, with "));
    const Ran one = run_bench(folder, {"run", "plan.json", "--results", "one.db"});
    INFO(one.err);
    REQUIRE(one.status == 0);
    REQUIRE(count(folder / "one.db", "state = 'done'") == sweep.jobs);
    for (int part = 1; part <= 4; ++part) {
        const std::vector<std::string> call = {
            "run", "plan.json", "--shard", fmt::format("{}/4", part), "--results", fmt::format("part-{}.db", part)};
        const auto done = [&] {
            const auto file = folder / fmt::format("part-{}.db", part);
            return has_tables(file) ? count(file, "state = 'done'") : 0;
        };
        if (part % 2 == 0) // until it is killed at work
            for (double moment = 0.5; done() == 0; moment *= 1.25)
                CHECK(run_bench(folder, call, moment).status == 128 + SIGKILL);
        const Ran ran = run_bench(folder, call);
        INFO(ran.err);
        REQUIRE(ran.status == 0);
        CHECK(contains(ran.err, fmt::format("shard {}/4: ", part)));
        CHECK(count(folder / fmt::format("part-{}.db", part), "state = 'done'") < sweep.jobs);
    }
    const Ran merged =
        run_bench(folder, {"merge", "part-3.db", "part-1.db", "part-4.db", "part-2.db", "--out", "all.db"});
    INFO(merged.out + merged.err);
    REQUIRE(merged.status == 0);
    CHECK(contains(merged.out, fmt::format("all.db: 1 experiment, {0} of {0} jobs done, 0 failed, 0 missing\n", all)));
    CHECK(figures(folder / "all.db") == figures(folder / "one.db"));
    const auto whole = report_of(folder, "one.db"), joined = report_of(folder, "all.db");
    for (const auto& [name, text] : whole) {
        INFO(name);
        CHECK((joined.contains(name) && joined.at(name) == text));
    }
    CHECK(joined.size() == whole.size());
    const Ran verified = run_bench(folder, {"verify", "all.db"});
    INFO(verified.out);
    CHECK(verified.status == 0);
    Sqlite all_db(folder / "all.db", true); // evaluations name the merged files
    Statement files(all_db, "SELECT DISTINCT json_extract(details, '$.weights.file') FROM jobs WHERE "
                            "json_type(details, '$.weights.file') = 'text'");
    int named = 0;
    for (; files.step(); ++named) {
        CHECK(files.text(0).starts_with("all.artifacts/encoders/"));
        CHECK(fs::exists(folder / files.text(0)));
    }
    CHECK(named == 8);
    std::set<std::string> encoders;
    for (const auto& entry : fs::directory_iterator(folder / "all.artifacts/encoders"))
        encoders.insert(entry.path().filename().string());
    CHECK(encoders.size() == 8);
    const Ran again = run_bench(folder, {"run", "plan.json", "--results", "all.db"}); // nothing is lost for a later run
    CHECK(again.status == 0);
    CHECK(contains(again.err, "nothing to do, all " + all + " jobs are settled"));
    const Ran taken = run_bench(folder, {"merge", "part-1.db", "part-2.db", "--out", "all.db"});
    CHECK(taken.status == 2);
}
