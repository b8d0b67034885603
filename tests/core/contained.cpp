#include "core/contained.h"

#include "core/error.h"
#include "tests/support/catch.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace mlvicx;

TEST_CASE("contained: what a child writes to shared memory is there, and nothing else of it", "[unit]") {
    const SharedBytes shared(100'000);
    int mine = 1;
    const auto reason = contained(0x10000000, [&] {
        mine = 2;
        std::fill(shared.bytes().begin(), shared.bytes().end(), std::byte{7});
        return std::string();
    });
    CHECK(reason.empty());
    CHECK(mine == 1);
    CHECK(std::all_of(shared.bytes().begin(), shared.bytes().end(), [](std::byte b) { return b == std::byte{7}; }));
}

TEST_CASE("contained: a refusal, an exception, a crash and an end are told apart", "[unit]") {
    const auto reason = [](const std::function<std::string()>& work) { return contained(0x10000000, work); };
    CHECK(reason([] { return std::string("no picture"); }) == "no picture");
    CHECK(reason([]() -> std::string { throw std::runtime_error("bad marker"); }) == "bad marker");
    CHECK(reason([] { return std::string(100'000, 'x'); }) == std::string(1000, 'x'));
    const auto by = [&](int signal) {
        return reason([signal] {
            std::raise(signal);
            return std::string();
        });
    };
    CHECK(by(SIGSEGV).starts_with("crashed (signal 11, "));
    CHECK(by(SIGABRT).starts_with("crashed (signal 6, "));
    CHECK(by(SIGXCPU) == "took more than a minute, or more memory than there is");
    CHECK(reason([]() -> std::string { std::_Exit(3); }) == "ended its process");
}

TEST_CASE("contained: a child cannot take more memory than it is given", "[unit]") {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    const auto take = [](std::size_t bytes) {
        return contained(std::size_t{256} << 20, [bytes] {
            const std::vector<char> much(bytes, 1);
            return std::string(much.back() == 1 ? "" : "lost");
        });
    };
    CHECK(take(std::size_t{16} << 20).empty());
    CHECK(take(std::size_t{1} << 30) == "std::bad_alloc");
#endif
}

TEST_CASE("contained: children of several threads do not wait for each other", "[unit]") {
    std::vector<std::thread> threads;
    std::vector<std::string> reasons(8);
    for (auto& reason : reasons)
        threads.emplace_back([&reason] {
            for (int i = 0; i < 20 && reason.empty(); ++i) reason = contained(0x10000000, [] { return std::string(); });
        });
    for (auto& thread : threads) thread.join();
    CHECK(std::all_of(reasons.begin(), reasons.end(), [](const std::string& reason) { return reason.empty(); }));
}
