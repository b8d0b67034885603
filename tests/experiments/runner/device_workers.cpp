#include "experiments/commands/device_workers.h"

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/tiny_plan.h"

#include <chrono>
#include <csignal>
#include <thread>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace fs = std::filesystem;

TEST_CASE("device_workers: a list names devices, GPUs by their index, and a device that is not here is refused",
          "[unit]") {
    CHECK(devices_from("cpu,cpu") == std::vector<std::string>{"cpu", "cpu"});
    CHECK(contains(message_of([] { devices_from("cpu,,cpu"); }), "--devices has \"cpu,,cpu\""));
    CHECK(contains(message_of([] { devices_from(""); }), "--devices has \"\""));
    CHECK(contains(message_of([] { devices_from("cpu,99"); }), "cuda:99"));
    CHECK(contains(message_of([] { devices_from("tpu"); }), "tpu"));
}

TEST_CASE("device_workers: two workers share a plan, and its table is printed once", "[slow]") {
    REQUIRE(reference().first.status == 0);
    const TempFolder folder;
    write_text(folder / "plan.json", tiny);
    const Ran ran = run_bench(folder, {"run", "plan.json", "--devices", "cpu,cpu"});
    INFO(ran.err);
    CHECK(ran.status == 0);
    CHECK(ran.out == reference().first.out);
    CHECK(figures(folder / "results.db") == figures(reference().folder / "results.db"));
    for (const char* part : {"worker 1: cpu, process ", "worker 2: cpu, process ", "\n[1] ", "\n[2] "})
        CHECK(contains(ran.err, part));
    const Ran mistaken = run_bench(folder, {"run", "nowhere.json", "--devices", "cpu,cpu"});
    CHECK(mistaken.status == 2);
    CHECK_FALSE(contains(mistaken.err, "worker"));
}

TEST_CASE("device_workers: one that is killed is named, and the others do its job", "[slow]") {
    REQUIRE(reference().first.status == 0);
    const TempFolder folder;
    write_text(folder / "plan.json", tiny);
    Ran ran;
    std::thread both([&] { ran = run_bench(folder, {"run", "plan.json", "--devices=cpu,cpu"}); });
    pid_t second = 0;
    const fs::path log = folder / "results.log";
    for (int i = 0; i < 30'000 && second == 0; ++i) { // until the second one works on a job
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        const std::string word = "worker 2: cpu, process ";
        const std::string said = fs::exists(folder / "stderr") ? read_text(folder / "stderr") : "";
        const auto at = said.find(word);
        if (at == std::string::npos || !fs::exists(log)) continue;
        const auto id = std::atol(said.c_str() + at + word.size());
        if (id > 1 && contains(read_text(log), fmt::format(" [{}] started: ", id))) second = static_cast<pid_t>(id);
    }
    const bool killed = second > 1 && ::kill(second, SIGKILL) == 0;
    both.join();
    REQUIRE(killed);
    INFO(ran.err);
    CHECK(ran.status == 0);
    CHECK(contains(ran.err, "worker 2 (cpu) was ended by signal 9; its job is free for the others"));
    CHECK(ran.out == reference().first.out);
    CHECK(figures(folder / "results.db") == figures(reference().folder / "results.db"));
}

TEST_CASE("device_workers: SIGTERM saves what all do, and the same command goes on", "[slow]") {
    REQUIRE(reference().first.status == 0);
    const TempFolder folder;
    write_text(folder / "plan.json", tiny);
    const std::vector<std::string> call = {"run", "plan.json", "--devices", "cpu,cpu", "--requeue"};
    Ran stopped;
    stopped.status = 128 + SIGTERM; // a signal before the program handles it ends the program as the system does
    for (double moment = 1.5; moment < 20 && stopped.status == 128 + SIGTERM; moment *= 1.5)
        stopped = run_bench(folder, call, moment, SIGTERM);
    INFO(stopped.err);
    CHECK(stopped.status == 0);
    if (stopped.out != reference().first.out) CHECK(stopped.out == "requeue me\n");
    const Ran last = run_bench(folder, call);
    INFO(last.err);
    CHECK(last.status == 0);
    CHECK(last.out == reference().first.out);
    CHECK(figures(folder / "results.db") == figures(reference().folder / "results.db"));
}
