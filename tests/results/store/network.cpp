#include "tests/support/catch.h"

#include "core/error.h"
#include "results/store/owner.h"
#include "tests/support/results_fixture.h"

using namespace mlvicx;
using namespace results_test;

namespace {

std::string journal(Store& store) {
    Statement mode(store.db(), "PRAGMA journal_mode");
    mode.step();
    return mode.text(0);
}

} // namespace

TEST_CASE("network: on a network file system a results file has a rollback journal, on a local disk a log", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "results.db";
    for (const std::string network : {"NFS", "", "Lustre"}) {
        Store store(file, false, network);
        CHECK(journal(store) == (network.empty() ? "wal" : "delete"));
        REQUIRE(store.claim(job("a" + network), process_owner(), 60));
        store.finish(job("a" + network), result(), provenance);
    }
    CHECK(folder.names() == std::vector<std::string>{"results.db"}); // neither a lock nor a log stays
    Store store(file, true, "NFS");
    CHECK(number(store.db(), "SELECT count(*) FROM jobs WHERE state = 'done'") == 3);
}

TEST_CASE("network: a second writer is refused with the way out, readers are not", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "results.db";
    int begun[2], end[2];
    REQUIRE((::pipe(begun) == 0 && ::pipe(end) == 0));
    const pid_t writer = start_child([&] {
        Store store(file, false, "NFS");
        store.claim(job("a1"), process_owner(), 60);
        const std::string name = owner_text(process_owner());
        if (::write(begun[1], name.data(), name.size()) < 0) return 1;
        char word = 0;
        return ::read(end[0], &word, 1) == 1 ? 0 : 1;
    });
    char name[300] = {};
    REQUIRE(::read(begun[0], name, sizeof name - 1) > 0);
    CHECK(message_of([&] { Store(file, false, "NFS"); }) ==
          file.string() + ": is on NFS, where one process at a time may write to a results file, and " + name +
              " does; give each process a file of its own (run --shard 1/4 --results part-1.db) and join them with "
              "mlvicx-bench merge");
    {
        Store reader(file, true, "NFS");
        CHECK(reader.state("a1") == JobState::running);
    }
    REQUIRE(::write(end[1], "x", 1) == 1);
    CHECK(wait_for(writer) == 0);
    CHECK(message_of([&] { Store(file, false, "NFS"); }).empty());
    for (const int fd : {begun[0], begun[1], end[0], end[1]}) ::close(fd);
}

TEST_CASE("network: the lock of a killed process does not keep the next one out", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "results.db";
    const pid_t writer = start_child([&] {
        Store store(file, false, "NFS");
        store.claim(job("a1"), process_owner(), 3600);
        ::kill(::getpid(), SIGKILL);
        return 0;
    });
    CHECK(wait_for(writer) == -1);
    CHECK(std::filesystem::exists(folder / "results.db.writer"));
    Store store(file, false, "NFS");
    CHECK(store.claim(job("a1"), process_owner(), 60)); // its claim is free at once as well
}
