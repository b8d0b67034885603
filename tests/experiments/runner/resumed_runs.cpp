// Evaluations killed for real.
#include "core/safetensors.h"
#include "tests/support/catch.h"
#include "tests/support/tiny_plan.h"

#include <chrono>
#include <csignal>
#include <functional>
#include <thread>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace fs = std::filesystem;

namespace {

/// Evaluations of initial weights that take some seconds each, by one protocol.
std::string plan_of_protocol(const std::string& protocol, int epochs = 4) {
    const std::string common = fmt::format(R"("batch_size": 8, "epochs": {}, "precision": "fp32")", epochs);
    return fmt::format(R"({{
  "name": "long",
  "datasets": {{"siim": {{"importer": "phantom", "size": 48, "split": {{"kind": "patient", "validation": 0.2, "test": 0.3}},
               "phantom": {{"layout": "siim", "images": 120, "size": 64, "seed": 3}}}}}},
  "methods": ["random"],
  "controls": false,
  "evaluate": {{"fractions": [1], "image_size": 48, "precision": "fp32", "protocols": ["{}"],
               "frozen": {{"iterations": 20}},
               "finetuned": {{{}}},
               "segmentation": {{{}, "decoder_width": 4}}}},
  "seeds": [0]
}})",
                       protocol, common, common);
}

/// All that a results file stores of its jobs, but for times and machines.
std::vector<std::string> stored_rows(const fs::path& results) {
    auto lines = figures(results);
    Sqlite db(results, true);
    for (const char* sql :
         {"SELECT j.hash, u.name, u.epoch, hex(u.value), u.value FROM curves u JOIN jobs j ON j.id = u.job_id "
          "WHERE u.name <> 'images_per_second' ORDER BY 1, 2, 3",
          "SELECT j.hash, v.metric, hex(v.image_values), '', '' FROM image_values v JOIN jobs j ON j.id = "
          "v.job_id ORDER BY 1, 2",
          "SELECT j.hash, p.name, hex(p.png), '', '' FROM pictures p JOIN jobs j ON j.id = p.job_id "
          "ORDER BY 1, 2",
          "SELECT hash, state, json_remove(details, '$.digests'), train_images, dataset_fingerprint "
          "FROM jobs ORDER BY 1"}) {
        Statement query(db, sql);
        while (query.step()) {
            std::string line;
            for (int i = 0; i < 5; ++i) line += query.text(i) + " ";
            lines.push_back(std::move(line));
        }
    }
    return lines;
}

/// The process that began a log; 0: none yet.
pid_t writer_of(const fs::path& log) {
    if (!fs::exists(log)) return 0;
    const std::string text = read_text(log);
    const auto at = text.find(" ["); // "2026-03-01 12:00:00 [PID] text"
    return at == std::string::npos ? 0 : static_cast<pid_t>(std::atol(text.c_str() + at + 2));
}

/// Runs the plan, and sends `signal` once `ripe` is true. Status -1: it ended before.
Ran run_until(const TempFolder& folder, const std::vector<std::string>& call, int signal,
              const std::function<bool()>& ripe) {
    Ran ran;
    bool ended = false, sent = false;
    std::thread program([&] {
        ran = run_bench(folder, call);
        ended = true;
    });
    while (!ended && !sent) {
        const pid_t child = writer_of(folder / "results.log");
        if (child > 1 && ripe()) sent = ::kill(child, signal) == 0;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    program.join();
    if (!sent) ran.status = -1;
    return ran;
}

/// Whether a folder of artifacts has a checkpoint after this step or a later one.
bool has_checkpoint(const fs::path& folder, std::int64_t step = 1) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder, none)) {
        const std::string name = entry.path().filename().string();
        if (name.ends_with(".safetensors") && (folder.filename() == "checkpoints" || contains(name, ".checkpoint.")))
            return std::stoll(Safetensors(entry.path()).meta("step")) >= step;
    }
    return false;
}

} // namespace

TEST_CASE("resumed runs: killed by kill -9 during fine-tuning, segmentation and feature extraction, and started again, "
          "a run stores the same rows",
          "[slow]") {
    struct Case {
        const char *protocol, *folder, *says;
        std::int64_t step; ///< a training's first epoch has 7
    };
    for (const auto& [protocol, artifacts, says, step] :
         {Case{"finetuned", "checkpoints", "resuming fine-tuning after step ", 9},
          Case{"segmentation_finetuned", "checkpoints", "resuming segmentation after step ", 3},
          Case{"segmentation_frozen", "checkpoints", "resuming segmentation after step ", 9},
          Case{"frozen", "features", "resuming features after ", 1}}) {
        INFO(protocol);
        const TempFolder undisturbed, folder;
        for (const auto* place : {&undisturbed, &folder}) write_text(*place / "plan.json", plan_of_protocol(protocol));
        REQUIRE(run_bench(undisturbed, {"run", "plan.json"}).status == 0);
        const fs::path checkpoints = folder / "results.artifacts" / artifacts;
        const std::vector<std::string> call = {"run", "plan.json", "--save-every", "0"};
        const Ran killed =
            run_until(folder, call, SIGKILL, [&, first = step] { return has_checkpoint(checkpoints, first); });
        INFO(killed.err);
        CHECK(killed.status == 128 + SIGKILL);
        CHECK(has_checkpoint(checkpoints, step));
        const Ran cleaned = run_bench(folder, {"clean", "results.db", "--yes"}); // what the job needs stays
        INFO(cleaned.out);
        CHECK(has_checkpoint(checkpoints, step));
        const Ran last = run_bench(folder, {"run", "plan.json"});
        INFO(last.err);
        REQUIRE(last.status == 0);
        CHECK(contains(last.err, says));
        CHECK(stored_rows(folder / "results.db") == stored_rows(undisturbed / "results.db"));
        CHECK_FALSE(fs::exists(folder / "results.artifacts/checkpoints"));
        CHECK_FALSE(fs::exists(folder / "results.artifacts/features"));
    }
}

TEST_CASE("resumed runs: SIGUSR1 during fine-tuning saves a checkpoint, and --requeue asks to be started again",
          "[slow]") {
    const TempFolder undisturbed, folder;
    for (const auto* place : {&undisturbed, &folder})
        write_text(*place / "plan.json", plan_of_protocol("finetuned", 15));
    REQUIRE(run_bench(undisturbed, {"run", "plan.json"}).status == 0);
    const auto trains = [&] {
        return contains(read_text(folder / "stderr"), "fine-tuning: "); // a line of its progress
    };
    const Ran warned = run_until(folder, {"run", "plan.json", "--requeue"}, SIGUSR1, trains);
    INFO(warned.err);
    CHECK(warned.status == 0);
    CHECK(warned.out == "requeue me\n");
    CHECK(has_checkpoint(folder / "results.artifacts/checkpoints"));
    const Ran last = run_bench(folder, {"run", "plan.json", "--requeue"});
    INFO(last.err);
    REQUIRE(last.status == 0);
    CHECK(stored_rows(folder / "results.db") == stored_rows(undisturbed / "results.db"));
}
