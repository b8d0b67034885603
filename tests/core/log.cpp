#include "tests/support/catch.h"

#include "core/files.h"
#include "core/log.h"
#include "core/progress.h"
#include "tests/support/temporary.h"

#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <regex>

using namespace mlvicx;

namespace {

/// Runs in a separate process with its own log.
void apart(const std::function<void()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        set_quiet(true);
        work();
        ::_exit(0);
    }
    int state = 0;
    REQUIRE(::waitpid(child, &state, 0) == child);
    REQUIRE((WIFEXITED(state) && WEXITSTATUS(state) == 0));
}

} // namespace

TEST_CASE("log: it has the lines from before and after its start, --quiet or not, with time and process", "[unit]") {
    const TempFolder folder;
    const auto log = folder / "results.log";
    for (int run = 0; run < 2; ++run)
        apart([&] {
            say("before the log {}", run);
            log_to(log);
            log_line("for the log alone");
            Progress("decode", 3, "images").advance(3);
        });
    std::istringstream lines(read_text(log));
    std::string all;
    const std::regex form(R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[\d+\] .+)");
    for (std::string line; std::getline(lines, line);) {
        CHECK(std::regex_match(line, form));
        all += line.substr(line.find("] ") + 2) + '\n';
    }
    // The second run's lines come after the first one's.
    const std::regex runs(
        R"((before the log \d\nfor the log alone\ndecode: begins at 0/3 images\ndecode: 3/3 images.*\n){2})");
    CHECK(std::regex_match(all, runs));
    CHECK(all.find("log 0") < all.find("log 1"));
}

TEST_CASE("log: an unwritable log is not an error", "[unit]") {
    const TempFolder folder;
    apart([&] {
        log_to(folder / "nowhere/results.log");
        say("goes on");
        log_to(folder / "later.log"); // no effect: given up
        say("still");
    });
    CHECK(folder.names().empty());
    apart([&] {
        log_to("/dev/full");
        say("goes on");
    });
}
