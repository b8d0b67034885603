#include "tests/support/catch.h"

#include "core/error.h"
#include "results/store/owner.h"
#include "tests/support/results_fixture.h"

using namespace mlvicx;
using namespace results_test;

TEST_CASE("store: a job goes from absent via running to done, and is not claimed again", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    const auto key = job("a1");
    CHECK(store.state("a1") == JobState::absent);
    store.add_experiment("demo", json::object{{"name", "demo"}}, {key});
    CHECK(store.state("a1") == JobState::absent);
    CHECK(store.claim(key, "elsewhere:1", 60));
    CHECK(store.state("a1") == JobState::running);
    CHECK_THROWS_AS(store.details("a1"), InternalError);
    store.finish(key, result(), provenance);
    CHECK(store.state("a1") == JobState::done);
    CHECK_FALSE(store.claim(key, "elsewhere:1", 60));
    CHECK(store.details("a1").at("best_epoch").as_int64() == 3);
    store.fail(key, "too late", provenance);
    CHECK(store.state("a1") == JobState::done);
}

TEST_CASE("store: a claim holds until its lease ends; only its owner can renew or release it", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    const auto key = job("a1");
    CHECK(store.claim(key, "elsewhere:1", 60));
    CHECK(store.claim(key, "elsewhere:1", 60)); // its own job
    CHECK_FALSE(store.claim(key, "elsewhere:2", 60));
    store.release("a1", "elsewhere:2");
    CHECK(store.state("a1") == JobState::running);
    store.release("a1", "elsewhere:1");
    CHECK(store.state("a1") == JobState::absent);
    CHECK(store.claim(key, "elsewhere:1", -1));
    store.renew("a1", "elsewhere:2", 60);
    CHECK(store.claim(key, "elsewhere:2", 60)); // the lease was over
    store.renew("a1", "elsewhere:1", 60);
    CHECK_FALSE(store.claim(key, "elsewhere:1", 60));
    store.renew("a1", "elsewhere:2", -1);
    CHECK(store.claim(key, "elsewhere:1", 60));
}

TEST_CASE("store: the job of a dead process on this machine is free at once", "[unit]") {
    const TempFolder folder;
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    const pid_t child = start_child([&] {
        const std::string name = process_owner();
        return ::write(pipe_ends[1], name.data(), name.size()) > 0 ? 0 : 1;
    });
    char name[300] = {};
    REQUIRE(::read(pipe_ends[0], name, sizeof name - 1) > 0);
    REQUIRE(wait_for(child) == 0);
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
    CHECK(owner_is_gone(name));
    CHECK_FALSE(owner_is_gone(process_owner()));
    CHECK_FALSE(owner_is_gone("some-other-host:" + std::to_string(child)));
    CHECK_FALSE(owner_is_gone(process_owner() + "x"));
    Store store(folder / "results.db");
    REQUIRE(store.claim(job("a1"), name, 3600));
    CHECK(store.claim(job("a1"), process_owner(), 3600));
    CHECK_FALSE(store.claim(job("a1"), "some-other-host:1", 3600));
}

TEST_CASE("store: a process of another place is not known to be dead, whatever its host is called", "[unit]") {
    const std::string own = process_owner();
    const auto at = own.rfind('@');
    REQUIRE(at != std::string::npos);
    CHECK(owner_text(own) == own.substr(0, at));
    CHECK(owner_text("elsewhere:12") == "elsewhere:12");
    const auto colon = own.rfind(':', at);
    const std::string dead = "2147483647"; // more than any process's id
    CHECK(owner_is_gone(own.substr(0, colon + 1) + dead + own.substr(at)));
    CHECK_FALSE(
        owner_is_gone(own.substr(0, colon + 1) + dead + "@00000000")); // another container, or a machine of this name
    CHECK_FALSE(owner_is_gone(own.substr(0, colon + 1) + dead));       // as earlier versions wrote it
    const TempFolder folder;
    Store store(folder / "results.db");
    REQUIRE(store.claim(job("a1"), own.substr(0, colon + 1) + dead + "@00000000", 600));
    CHECK_FALSE(store.claim(job("a1"), own, 600));
}
