#include "core/worker.h"

#include "tests/support/catch.h"

#include <chrono>
#include <csignal>
#include <thread>

using namespace mlvicx;

// A worker is this test program with another tag.

namespace {

std::vector<std::string> words(const std::string& tag) {
    return {own_command_line().front(), tag};
}

/// Its status, after its lines.
int end_of(Worker& worker, std::vector<std::string>& lines) {
    for (;;) {
        const auto status = worker.status();
        for (auto& line : worker.new_lines()) lines.push_back(std::move(line));
        if (status) return *status;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

} // namespace

TEST_CASE("worker: its errors come line by line, its output whole, and its status last", "[unit]") {
    Worker worker(words("[worker_says]"), {{"MLVICX_WORKER_TEST", "a word"}});
    std::vector<std::string> lines;
    CHECK(end_of(worker, lines) == 7);
    CHECK(lines == std::vector<std::string>{"first", "a word", "no end of line"});
    CHECK(worker.output().ends_with("output\n")); // after what the test program says of itself
    worker.signal(SIGKILL);                       // it has ended: nobody else gets it
}

TEST_CASE("worker: a signal ends it, and so does the end of its owner", "[unit]") {
    Worker worker(words("[worker_sleeps]"), {});
    CHECK_FALSE(worker.status());
    worker.signal(SIGKILL);
    std::vector<std::string> lines;
    CHECK(end_of(worker, lines) == 128 + SIGKILL);
    pid_t left = 0;
    {
        const Worker other(words("[worker_sleeps]"), {});
        left = other.id();
    }
    CHECK(::kill(left, 0) != 0);
}

TEST_CASE("worker: the process that says something", "[.worker_says]") {
    std::fputs("output\n", stdout);
    std::fprintf(stderr, "first\n%s\nno end of line", std::getenv("MLVICX_WORKER_TEST"));
    std::fflush(nullptr);
    std::_Exit(7);
}

TEST_CASE("worker: the process that sleeps", "[.worker_sleeps]") {
    std::this_thread::sleep_for(std::chrono::seconds(60));
}
