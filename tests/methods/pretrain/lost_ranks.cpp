// A rank that is killed or hangs ends the others, who say which: real processes.
#include "methods/device/world.h"

#include "tests/support/rank_children.h"

#include <csignal>
#include <fstream>
#include <thread>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace {

/// Three ranks that sum for ever; `signal` hits one of them.
void check_lost(int lost, int signal, const std::string& why) {
    if (!world_fault().empty()) SKIP_TEST(world_fault().c_str());
    const TempFolder folder;
    RankChildren children(folder, 3, "rank_sums", "");
    for (int i = 0; i < 3000 && !std::filesystem::exists(folder / "going"); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    REQUIRE(std::filesystem::exists(folder / "going"));
    const auto begin = std::chrono::steady_clock::now();
    ::kill(children.id(lost), signal);
    for (int rank = 0; rank < 3; ++rank) {
        if (rank == lost) continue;
        CHECK(children.status(rank, 60) == 2);
        INFO("rank " << rank << ": " << children.errors(rank));
        CHECK(contains(children.errors(rank), fmt::format("rank {} (", lost)));
        CHECK(contains(children.errors(rank), fmt::format("process {})", children.id(lost))));
        CHECK(contains(children.errors(rank), why));
    }
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
}

} // namespace

TEST_CASE("lost_ranks: a rank that is killed ends the others, who name it", "[unit]") {
    check_lost(2, SIGKILL, "no sign of life");
    check_lost(0, SIGKILL, "is lost");
}

TEST_CASE("lost_ranks: a rank that hangs ends the others, who name it", "[unit]") {
    check_lost(1, SIGSTOP, "no sign of life");
}

TEST_CASE("lost_ranks: the processes of which one is lost", "[.rank_sums]") {
    RankWork own;
    own.place.beat = std::chrono::milliseconds(100);
    own.place.silence = std::chrono::milliseconds(1500);
    const auto world = join_world(own.place);
    for (;;) {
        world->sum(torch::ones({1000}));
        std::ofstream(own.folder / "going");
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}
