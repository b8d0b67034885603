#include "tests/support/catch.h"
#include "tests/support/tiny_plan.h"

#include <random>
#include <thread>

using namespace mlvicx;
using namespace mlvicx::testing;

TEST_CASE("interruptions: interrupted or killed at any moment and started again, it ends with the same figures",
          "[slow]") {
    REQUIRE(reference().first.status == 0);
    const TempFolder folder;
    write_text(folder / "plan.json", tiny);
    std::mt19937 random(20240517);
    std::uniform_real_distribution<double> moment(0.3, 2.5);
    int killed = 0;
    for (int i = 0; i < 10; ++i) {
        const int signal = i % 3 == 2 ? SIGINT : SIGKILL;
        const Ran ran = run_bench(folder, {"run", "plan.json"}, moment(random), signal);
        INFO(ran.err);
        const bool ended = ran.status == 0;
        // A signal before the program handles it ends the program as the system does.
        CHECK((ended || ran.status == 128 + signal));
        killed += !ended;
    }
    CHECK(killed > 0);
    const Ran last = run_bench(folder, {"run", "plan.json"});
    INFO(last.err);
    REQUIRE(last.status == 0);
    CHECK(count(folder / "results.db", "state <> 'done'") == 0);
    CHECK(integrity(folder / "results.db") == "ok");
    CHECK(figures(folder / "results.db") == figures(reference().folder / "results.db"));
    CHECK(last.out == reference().first.out);
}

TEST_CASE("interruptions: two processes share one plan", "[slow]") {
    REQUIRE(reference().first.status == 0);
    const TempFolder folder, other;
    write_text(folder / "plan.json", tiny);
    const auto results = (folder / "results.db").string();
    Ran second;
    const auto run_second = [&] {
        second = run_bench(other, {"run", (folder / "plan.json").string(), "--results", results});
    };
    std::thread beside(run_second);
    const Ran first = run_bench(folder, {"run", "plan.json"});
    beside.join();
    INFO(first.err << second.err);
    CHECK(first.status == 0);
    CHECK(second.status == 0);
    CHECK(integrity(results) == "ok");
    CHECK(figures(results) == figures(reference().folder / "results.db"));
}
