#include "tests/support/catch.h"

#include "core/random.h"
#include "results/store/owner.h"
#include "tests/support/results_fixture.h"

#include <csignal>
#include <thread>

using namespace mlvicx;
using namespace results_test;

namespace {

constexpr std::size_t images = 4000, classes = 14;

/// Large enough that writing it takes longer than a kill.
JobResult large_result() {
    JobResult r = result();
    ScoredImages scored{"f1n9e2", "test", {}, {}, std::vector<std::string>(classes, "Mass"), {}, {}};
    for (std::size_t i = 0; i < images; ++i) {
        scored.ids.push_back("image" + std::to_string(i));
        scored.patients.push_back("patient" + std::to_string(i / 3));
    }
    scored.labels.assign(images * classes, 1);
    r.scored = scored;
    r.scores.assign(images * classes, 0.5f);
    for (int epoch = 0; epoch < 3000; ++epoch) r.curves.push_back({epoch + 10, "loss", 1.0 / (epoch + 1)});
    return r;
}

} // namespace

TEST_CASE("crash: exactly one of several processes gets each job", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "results.db";
    Store{file};
    constexpr int processes = 5, jobs = 20;
    int go[2], won[2];
    REQUIRE(::pipe(go) == 0);
    REQUIRE(::pipe(won) == 0);
    std::vector<pid_t> children;
    for (int i = 0; i < processes; ++i)
        children.push_back(start_child([&] {
            ::close(go[1]);
            Store store(file);
            char byte = 0;
            if (::read(go[0], &byte, 1) != 0) return 1; // all start when the parent closes its end
            for (int c = 0; c < jobs; ++c) {
                const char number = static_cast<char>(c);
                if (store.claim(job("job" + std::to_string(c)), process_owner(), 600) &&
                    ::write(won[1], &number, 1) != 1)
                    return 2;
            }
            ::close(won[1]);
            ::pause(); // alive until the parent has counted: a dead one's jobs would be free
            return 0;
        }));
    ::close(go[0]);
    ::close(won[1]);
    ::close(go[1]);
    std::vector<int> winners(jobs, 0);
    for (char c = 0; ::read(won[0], &c, 1) == 1;) ++winners[static_cast<std::size_t>(c)];
    for (const pid_t child : children) {
        ::kill(child, SIGKILL);
        CHECK(wait_for(child) == -1);
    }
    ::close(won[0]);
    CHECK(winners == std::vector<int>(jobs, 1));
}

TEST_CASE("crash: kill -9 during the writing of a result leaves it whole or absent, and the job free", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "results.db";
    Store{file};
    const auto large = large_result();
    int whole = 0, absent = 0;
    Random random(3, Purpose::bootstrap);
    for (int round = 0; round < 24; ++round) {
        const auto key = job("job" + std::to_string(round));
        int ready[2];
        REQUIRE(::pipe(ready) == 0);
        const pid_t child = start_child([&] {
            Store store(file);
            if (!store.claim(key, process_owner(), 3600)) return 1;
            if (::write(ready[1], "x", 1) != 1) return 2;
            // New images every time: the longest transaction.
            auto mine = large;
            mine.scored->ids[0] = key.hash;
            store.finish(key, mine, provenance);
            ::pause();
            return 0;
        });
        char byte = 0;
        REQUIRE(::read(ready[0], &byte, 1) == 1);
        std::this_thread::sleep_for(std::chrono::microseconds(random.below(60'000)));
        REQUIRE(::kill(child, SIGKILL) == 0);
        REQUIRE(wait_for(child) == -1);
        ::close(ready[0]);
        ::close(ready[1]);

        Store store(file);
        const std::string mine = "(SELECT id FROM jobs WHERE hash = '" + key.hash + "')";
        const auto metrics = number(store.db(), "SELECT count(*) FROM metrics WHERE job_id = " + mine);
        const auto curves = number(store.db(), "SELECT count(*) FROM curves WHERE job_id = " + mine);
        const auto scores = store.scores(key.hash);
        if (store.state(key.hash) == JobState::done) {
            ++whole;
            CHECK(metrics == 6);
            CHECK(curves == 3003);
            CHECK(scores == large.scores);
            CHECK_FALSE(store.claim(key, process_owner(), 60));
        } else {
            ++absent;
            CHECK(store.state(key.hash) == JobState::running);
            CHECK(metrics == 0);
            CHECK(curves == 0);
            CHECK(scores.empty());
            CHECK(store.claim(key, process_owner(), 60));
        }
    }
    Store store(file);
    CHECK(number(store.db(), "SELECT count(*) FROM image_sets") == whole);
    CHECK(number(store.db(), "SELECT count(*) FROM scored_images") == whole * static_cast<std::int64_t>(images));
    Statement check(store.db(), "PRAGMA integrity_check");
    REQUIRE(check.step());
    CHECK(check.text(0) == "ok");
    INFO("whole " << whole << ", absent " << absent);
    CHECK(absent > 0);
}

TEST_CASE("crash: a report reads while another process writes, and after it was killed", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "results.db";
    {
        Store store(file);
        store.finish(job("a1"), result(), provenance);
    }
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t child = start_child([&] {
        Store store(file);
        store.finish(job("a2"), result(), provenance);
        Transaction open(store.db());
        store.db().run("UPDATE jobs SET seed = 77");
        if (::write(ready[1], "x", 1) != 1) return 1;
        ::pause();
        return 0;
    });
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    {
        Store reader(file, true);
        CHECK(number(reader.db(), "SELECT count(*) FROM jobs WHERE state = 'done' AND seed = 0") == 2);
    }
    ::kill(child, SIGKILL);
    CHECK(wait_for(child) == -1);
    ::close(ready[0]);
    ::close(ready[1]);
    Store reader(file, true);
    CHECK(number(reader.db(), "SELECT count(*) FROM jobs WHERE state = 'done' AND seed = 0") == 2);
}
