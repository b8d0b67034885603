#include "core/interrupt.h"

#include "core/files.h"
#include "tests/support/catch.h"
#include "tests/support/results_fixture.h"

#include <csignal>

using namespace mlvicx;
using results_test::start_child;

namespace {

struct Ended {
    int status = 0; ///< exit status, or 128 + signal
    std::string errors;
};

/// Sends itself these signals, one after the other; exits with 7 if it was only interrupted, with 8 if not even that.
Ended after(const std::vector<int>& signals) {
    const TempFolder folder;
    const pid_t child = start_child([&] {
        if (std::freopen((folder / "errors").c_str(), "w", stderr) == nullptr) return 9;
        catch_interrupts();
        for (const int signal : signals) std::raise(signal);
        return interrupted() ? 7 : 8;
    });
    int state = 0;
    ::waitpid(child, &state, 0);
    return {WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state), read_text(folder / "errors")};
}

} // namespace

TEST_CASE("interrupt: a second signal of one kind ends the process at once, with a word and the usual status",
          "[unit]") {
    CHECK(after({}).status == 8);
    for (const int signal : {SIGINT, SIGTERM}) {
        const auto once = after({signal}), twice = after({signal, signal});
        CHECK(once.status == 7);
        CHECK(once.errors.empty());
        CHECK(twice.status == 128 + signal);
        CHECK(twice.errors == "mlvicx-bench: ended at once by a second signal; what is not saved yet is lost\n");
    }
}

TEST_CASE("interrupt: SIGUSR1 asks for the same as SIGTERM, however often", "[unit]") {
    CHECK(after({SIGUSR1}).status == 7);
    CHECK(after({SIGUSR1, SIGUSR1, SIGUSR1}).status == 7);
    CHECK(after({SIGUSR1, SIGTERM}).status == 7);
    CHECK(after({SIGUSR1, SIGTERM, SIGTERM}).status == 128 + SIGTERM);
}
