// Several processes that pre-train together, by the real program.
#include "methods/device/world.h"
#include "tests/support/catch.h"
#include "tests/support/tiny_plan.h"

#include <fstream>
#include <map>
#include <optional>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace fs = std::filesystem;

namespace {

/// Curves by job, name and epoch.
std::map<std::string, double> curves(const fs::path& results) {
    Sqlite db(results, true);
    Statement rows(db, "SELECT c.hash, u.name, u.epoch, u.value FROM curves u JOIN jobs c ON c.id = u.job_id "
                       "WHERE c.kind = 'pretrain'");
    std::map<std::string, double> values;
    while (rows.step()) values[fmt::format("{} {} {}", rows.text(0), rows.text(1), rows.integer(2))] = rows.real(3);
    return values;
}

/// A pre-training of a few seconds.
std::string one_training(int epochs, const std::string& more = "") {
    return fmt::format(
        R"({{"name": "one", "datasets": {{"images": {{"importer": "phantom", "size": 32,
             "phantom": {{"images": 80, "size": 48, "seed": 3}}}}}},
             "pretrain": {{"epochs": {}, "batch_size": 16, "image_size": 32, "precision": "fp32",
                           "checkpoint_every": 1{}}},
             "methods": [{{"name": "simclr", "hidden": 32, "output": 16}}], "controls": false,
             "evaluate": {{"protocols": ["frozen"], "image_size": 32, "frozen": {{"iterations": 30}}}}, "seeds": [0]}})",
        epochs, more);
}

/// The process of this rank that runs in `folder`, if there is one.
std::optional<pid_t> rank_in(const TempFolder& folder, int rank) {
    std::error_code gone;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const auto name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        if (fs::read_symlink(entry.path() / "cwd", gone) != fs::canonical(folder.path)) continue;
        std::ifstream environment(entry.path() / "environ", std::ios::binary);
        for (std::string word; std::getline(environment, word, '\0');)
            if (word == fmt::format("RANK={}", rank)) return static_cast<pid_t>(std::stol(name));
    }
    return std::nullopt;
}

} // namespace

TEST_CASE("rank runs: a plan's pre-trainings on two processes are those of one, up to rounding", "[slow]") {
    if (!world_fault().empty()) SKIP_TEST(world_fault().c_str());
    const TempFolder alone, together;
    for (const auto* folder : {&alone, &together}) write_text(*folder / "plan.json", tiny);
    const auto one = run_bench(alone, {"run", "plan.json", "--only", "kind=pretrain"});
    INFO(one.err);
    REQUIRE(one.status == 0);
    const auto two = run_bench(together, {"run", "plan.json", "--ranks", "2"});
    INFO(two.err);
    REQUIRE(two.status == 0);
    CHECK(count(together / "results.db", "state = 'done'") == tiny_jobs);
    CHECK(contains(two.out, "results: results.db"));
    CHECK(two.out.find("results: ") == two.out.rfind("results: ")); // of one rank
    const auto expected = curves(alone / "results.db"), found = curves(together / "results.db");
    REQUIRE(found.size() == expected.size()); // under the same hashes
    for (const auto& [name, value] : expected) {
        CAPTURE(name);
        REQUIRE(found.count(name) == 1);
        if (contains(name, " loss ") || contains(name, " embedding_std ") || contains(name, " learning_rate "))
            CHECK(found.at(name) == Approx(value).epsilon(name.ends_with(" 0") ? 2e-3 : 0.1)); // rounding grows
    }
    const auto again = run_bench(together, {"run", "plan.json", "--ranks", "2"});
    CHECK(again.status == 0);
    CHECK(contains(again.err, "nothing to do"));
}

TEST_CASE("rank runs: a killed rank ends all, and another number of ranks goes on from the checkpoint", "[slow]") {
    if (!world_fault().empty()) SKIP_TEST(world_fault().c_str());
    const TempFolder folder;
    write_text(folder / "plan.json", one_training(15));
    pid_t killed = 0;
    std::thread killer([&] {
        const fs::path checkpoints = folder / "results.artifacts/checkpoints";
        for (int i = 0; i < 3000 && killed == 0; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            std::error_code none;
            if (fs::is_empty(checkpoints, none) || none) continue;
            if (const auto rank = rank_in(folder, 1)) ::kill(killed = *rank, SIGKILL);
        }
    });
    const auto begin = std::chrono::steady_clock::now();
    const auto ran = run_bench(folder, {"run", "plan.json", "--ranks", "2"});
    killer.join();
    INFO(ran.err);
    REQUIRE(killed != 0);
    CHECK(ran.status == 2);
    CHECK(contains(ran.err, fmt::format("rank 1 (process {}) was killed by signal 9", killed)));
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(100));
    const auto resumed = run_bench(folder, {"run", "plan.json"});
    INFO(resumed.err);
    CHECK(resumed.status == 0);
    CHECK(contains(resumed.err, "resuming from epoch"));
    CHECK(count(folder / "results.db", "state = 'done'") == 2);
}

TEST_CASE("rank runs: mistakes are told once", "[unit]") {
    if (!world_fault().empty()) SKIP_TEST(world_fault().c_str());
    const TempFolder folder;
    write_text(folder / "plan.json", one_training(1));
    const auto refused = [&](const std::vector<std::string>& options) {
        std::vector<std::string> words{"run", "plan.json"};
        words.insert(words.end(), options.begin(), options.end());
        const auto ran = run_bench(folder, words);
        CHECK(ran.status == 2);
        return ran.err;
    };
    CHECK(contains(refused({"--ranks", "0"}), "--ranks is '0', expected a number of processes, or env"));
    CHECK(contains(refused({"--ranks", "two"}), "--ranks is 'two'"));
    CHECK(contains(refused({"--ranks", "2", "--devices", "0,0"}), "expected the numbers of different GPUs"));
    CHECK(contains(refused({"--ranks", "3", "--devices", "0,1"}), "--ranks is 3, but --devices has 0,1"));
    CHECK(contains(refused({"--ranks", "env"}), "neither RANK nor SLURM_PROCID is set"));
    const auto shared = refused({"--ranks", "3"});
    const std::string sentence =
        "batch_size is 16, which 3 ranks cannot share equally; expected a multiple of 3, such as 18";
    CHECK(contains(shared, sentence));
    write_text(folder / "plan.json", one_training(1, ", \"norm_batch\": 8"));
    CHECK(contains(refused({}), "norm_batch is 8 of a batch_size of 16, so 2 ranks train it"));
}
