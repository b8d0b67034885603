#include "tests/support/catch.h"

#include "core/parallel.h"

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace mlvicx;

TEST_CASE("parallel: every item is visited once, whatever the number of threads", "[unit]") {
    for (const unsigned threads : {0u, 1u, 2u, 8u}) {
        for (const std::size_t count : {0u, 1u, 3u, 1000u}) {
            std::vector<std::atomic<int>> visits(count);
            parallel_for(count, threads, [&](std::size_t i) { ++visits[i]; });
            CHECK(std::all_of(visits.begin(), visits.end(), [](const auto& n) { return n == 1; }));
        }
    }
}

TEST_CASE("parallel: the threads work at the same time", "[unit]") {
    // Two items that wait for each other finish only if two threads run them at the same time.
    std::atomic<int> arrived = 0;
    parallel_for(2, 2, [&](std::size_t) {
        ++arrived;
        while (arrived < 2) std::this_thread::yield();
    });
    CHECK(arrived == 2);
}

TEST_CASE("parallel: the first exception stops the rest and is rethrown", "[unit]") {
    for (const unsigned threads : {1u, 4u}) {
        std::atomic<int> done = 0;
        const auto work = [&](std::size_t i) {
            if (i == 10) throw std::runtime_error("item ten");
            std::this_thread::sleep_for(std::chrono::microseconds(100));
            ++done;
        };
        CHECK_THROWS_WITH(parallel_for(100'000, threads, work), "item ten");
        CHECK(done < 10'000);
    }
}
