#include "experiments/slurm_script.h"

#include "core/error.h"
#include "core/json.h"
#include "tests/support/catch.h"
#include "tests/support/tiny_plan.h"

#include <fmt/format.h>

#include <regex>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace fs = std::filesystem;

namespace {

/// Slurm's commands for one machine. sbatch notes its arguments and runs each task of an array at once, and what
/// depends on the array after it, however its tasks ended; scontrol requeue runs a task again.
const char* const fake_sbatch = R"sh(#!/usr/bin/env bash
echo "sbatch $*" >> calls
tasks= options=1
while [[ $1 == --* ]]; do
  case $1 in --array=1-*) tasks=$(seq "${1#--array=1-}");; esac
  shift
done
if [ -z "$tasks" ]; then bash "$@" > merge.out 2>&1 || touch failed; echo 8; exit; fi
for task in $tasks; do
  export SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=$task
  bash "$@" > "task-$task.out" 2>&1 & pid=$!
  if [ "$task" = 1 ] && [ "${USR1_AFTER:-1}" != never ]; then sleep "${USR1_AFTER:-1}"; kill -USR1 $pid; fi
  wait $pid || touch failed
  while [ -e again ]; do rm again; bash "$@" >> "task-$task.out" 2>&1 || touch failed; done
done
echo "7;cluster"
)sh";
const char* const fake_scontrol = "#!/usr/bin/env bash\necho \"scontrol $*\" >> calls\ntouch again\n";

/// Runs a line in `folder` with the fake commands first in PATH; its status.
int shell(const TempFolder& folder, const std::string& line) {
    return std::system(fmt::format("cd {} && PATH={}/bin:$PATH {} > shell.out 2>&1 < /dev/null", folder.path.string(),
                                   folder.path.string(), line)
                           .c_str());
}

void write_program(const fs::path& file, const std::string& text) {
    write_text(file, text);
    fs::permissions(file, fs::perms::owner_all);
}

} // namespace

TEST_CASE("slurm_script: limits as sbatch takes them are accepted, others and too short ones refused", "[unit]") {
    for (const char* good_time : {"3", "90", "5:00", "12:00:00", "100:00:00", "1-0", "2-12", "2-12:30", "2-12:30:00"})
        CHECK(message_of([&] { check_slurm_time(good_time); }).empty());
    for (const char* wrong : {"", "12h", "1:2", "1-", "12:00:00:00", "-5", "1-12:00:0", "UNLIMITED"})
        CHECK(contains(message_of([&] { check_slurm_time(wrong); }), "expected a limit as Slurm takes it"));
    for (const char* brief : {"2", "1:59", "0:02:00"})
        CHECK(contains(message_of([&] { check_slurm_time(brief); }), "expected more than the 120 seconds"));
}

TEST_CASE("slurm_script: what is asked for is asked of Slurm, and names are words of the shell", "[unit]") {
    SlurmScript script;
    script.name = "it's a plan";
    script.program = "/opt/my bench";
    script.plan = "/data/plan.json";
    script.folder = "/shared/$out";
    script.arguments = {"--only", "method=a b"};
    script.shards = 12;
    script.gpus = 2;
    script.time = "12:00:00";
    const std::string plain = slurm_script(script);
    CHECK(contains(plain, " --gpus=2 --time=12:00:00 "));
    CHECK_FALSE(contains(plain, "--partition"));
    CHECK_FALSE(contains(plain, "--cpus-per-task"));
    script.cpus = 8;
    script.memory = "32G";
    script.partition = "long";
    const std::string text = slurm_script(script);
    for (const char* part :
         {" --partition=long ", " --cpus-per-task=8 ", " --mem=32G ", "shards=12\n", "--requeue --signal=B:USR1@120 ",
          "--array=\"1-$shards\"", "'it'\\''s a plan'", "plan=/data/plan.json\n", "folder='/shared/$out' ",
          "bench=${MLVICX_BENCH:-'/opt/my bench'}", " --only 'method=a b' "})
        CHECK(contains(text, part));
    const TempFolder folder;
    write_text(folder / "sweep.sh", text);
    CHECK(shell(folder, "bash -n sweep.sh") == 0);
    write_program(folder / "bin/sbatch", "#!/bin/sh\nfor word; do echo \"<$word>\"; done >> words\necho 7\n");
    write_text(folder / "named.sh", std::regex_replace(text, std::regex("/shared/"), folder.path.string() + "/"));
    CHECK(shell(folder, "bash named.sh --account=me") == 0);
    const std::string words = read_text(folder / "words");
    CHECK(contains(words, "<--job-name=it's a plan>\n"));
    CHECK(contains(words, "<--account=me>\n"));
    CHECK(contains(words, "<--dependency=afterany:7>\n"));
    CHECK(fs::is_directory(folder / "$out"));
}

TEST_CASE("slurm_script: a task that is warned queues again, and the parts give the figures of one process", "[slow]") {
    REQUIRE(reference().first.status == 0);
    const TempFolder folder;
    write_text(folder / "plan.json", tiny);
    const Ran printed = run_bench(
        folder, {"slurm", "plan.json", "--gpus", "0", "--time", "1:00:00", "--shards", "3", "--out", "sweep"});
    INFO(printed.err);
    REQUIRE(printed.status == 0);
    CHECK(contains(printed.err, "each of the 3 parts prepares dataset images for itself"));
    write_text(folder / "sweep.sh", printed.out);
    write_program(folder / "bin/sbatch", fake_sbatch);
    write_program(folder / "bin/scontrol", fake_scontrol);
    // Until a signal comes when the task works: it may be done before, or so young that the signal ends it.
    for (const char* after : {"0.8", "1.2", "1.8", "2.6", "4"}) {
        const int status = shell(folder, fmt::format("USR1_AFTER={} bash sweep.sh", after));
        INFO(read_text(folder / "shell.out"));
        REQUIRE(status == 0);
        if (contains(read_text(folder / "calls"), "scontrol requeue 7_1")) break;
        if (fs::exists(folder / "failed")) fs::remove(folder / "failed");
        for (const char* left : {"sweep/all.db", "sweep/part-1.db", "sweep/part-1.db-wal", "sweep/part-1.db-shm",
                                 "sweep/all.artifacts", "sweep/part-1.artifacts"})
            fs::remove_all(folder / left);
    }
    INFO(read_text(folder / "task-1.out") + read_text(folder / "merge.out"));
    CHECK(contains(read_text(folder / "calls"), "scontrol requeue 7_1"));
    CHECK(contains(read_text(folder / "task-1.out"), "\nrequeue me\n"));
    CHECK_FALSE(contains(read_text(folder / "task-1.out"), "interrupted\n"));
    REQUIRE(fs::exists(folder / "sweep/all.db"));
    CHECK(figures(folder / "sweep/all.db") == figures(reference().folder / "results.db"));
    CHECK(fs::exists(folder / "sweep/report/index.html"));
}

TEST_CASE("slurm_script: a job that fails keeps the others from no merge, which names it, and the next one has all",
          "[slow]") {
    const TempFolder folder;
    json::object plan = json::parse(tiny).as_object();
    plan["methods"] = json::array{"random"};
    auto& tuning = plan["evaluate"].as_object()["finetuned"].as_object();
    tuning["learning_rate"] = 1e30;
    write_text(folder / "plan.json", json::serialize(plan));
    const Ran printed = run_bench(
        folder, {"slurm", "plan.json", "--gpus", "0", "--time", "1:00:00", "--shards", "2", "--out", "sweep"});
    write_text(folder / "sweep.sh", printed.out);
    write_program(folder / "bin/sbatch", fake_sbatch);
    write_program(folder / "bin/scontrol", fake_scontrol);
    CHECK(shell(folder, "USR1_AFTER=never bash sweep.sh") == 0);
    const std::string first = read_text(folder / "merge.out");
    INFO(first);
    CHECK(fs::exists(folder / "failed")); // the task's own status
    CHECK(contains(first, "all.db: 1 experiment, 2 of 4 jobs done, 2 failed, 0 missing\n"));
    CHECK(contains(first, "  failed: random, fine-tuned, 100 % of images, seed 0: fine-tuning: the loss is no longer"));
    CHECK(fs::exists(folder / "sweep/report/index.html"));
    // Jobs of a later start are merged into what is there.
    fs::remove(folder / "failed");
    CHECK(run_bench(folder, {"run", "plan.json", "--results", "sweep/all.db", "--only", "protocol=frozen"}).status ==
          0);
    CHECK(shell(folder, "bash sweep.sh merge") == 0);
    CHECK(contains(read_text(folder / "shell.out"), "all.db: 1 experiment, 2 of 4 jobs done, 2 failed, 0 missing\n"));
    CHECK_FALSE(fs::exists(folder / "sweep/earlier.db"));
    // A part that never began is said.
    for (const char* part : {"sweep/part-1.db", "sweep/part-2.db"}) fs::remove(folder / part);
    CHECK(shell(folder, "bash sweep.sh merge") == 0);
    CHECK(contains(read_text(folder / "shell.out"), "part 1 has no results\n"));
    CHECK(count(folder / "sweep/all.db", "state = 'done'") == 2);
}

TEST_CASE("slurm_script: --requeue is for job scripts: without it an interruption ends with 130", "[slow]") {
    const TempFolder folder;
    write_text(folder / "plan.json", tiny);
    for (const bool requeue : {true, false})
        for (double moment = 0.8; moment < 10; moment *= 1.5) {
            fs::remove_all(folder / "results.db");
            fs::remove_all(folder / "results.artifacts");
            std::vector<std::string> call = {"run", "plan.json"};
            if (requeue) call.emplace_back("--requeue");
            const Ran ran = run_bench(folder, call, moment, SIGUSR1);
            INFO(ran.err);
            REQUIRE(ran.status != 2);
            if (ran.status == 128 + SIGUSR1) continue; // too early
            CHECK(ran.status == (requeue ? 0 : 130));
            CHECK((ran.out == "requeue me\n") == requeue);
            CHECK(contains(ran.err, "mlvicx-bench: interrupted\n") != requeue);
            break;
        }
}
