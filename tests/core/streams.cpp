#include "tests/support/catch.h"

#include "core/files.h"
#include "core/streams.h"
#include "tests/support/temporary.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <functional>

using namespace mlvicx;

namespace {

/// The exit status of a child process that does `work` with standard output at `output` (a descriptor; -1: closed).
int status_with(int output, const std::function<int()>& work) {
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(1);
        if (output >= 0) ::dup2(output, 1);
        secure_streams();
        ::_exit(work());
    }
    int state = 0;
    REQUIRE(::waitpid(child, &state, 0) == child);
    return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

int print(std::size_t characters) {
    for (std::size_t i = 0; i < characters; ++i) std::putchar('x');
    const std::string lost = lost_output();
    return lost.empty() ? 0 : contains(lost, "No space left") ? 3 : contains(lost, "earlier") ? 4 : 5;
}

} // namespace

TEST_CASE("streams: output to a full device is reported as lost, whether a little or a lot", "[unit]") {
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    REQUIRE(full >= 0);
    CHECK(status_with(full, [] { return print(0); }) == 0);
    CHECK(status_with(full, [] { return print(10); }) == 3);
    CHECK(status_with(full, [] { return print(100'000); }) >= 3);
    ::close(full);
}

TEST_CASE("streams: a reader that has gone and a closed standard output are not errors", "[unit]") {
    int pipe[2] = {};
    REQUIRE(::pipe(pipe) == 0);
    ::close(pipe[0]);
    CHECK(status_with(pipe[1], [] { return print(10); }) == 0);
    CHECK(status_with(pipe[1], [] { return print(100'000); }) == 0);
    ::close(pipe[1]);
    const TempFolder folder;
    // Otherwise the file would become standard output, and printed text would be written into it.
    CHECK(status_with(-1, [&] {
              std::FILE* file = std::fopen((folder / "data").c_str(), "w");
              const int status = print(100'000);
              std::fputs("data", file);
              std::fclose(file);
              return status;
          }) == 0);
    CHECK(read_text(folder / "data") == "data");
}

TEST_CASE("streams: exceeding a file-size limit is an error of that file", "[unit]") {
    const TempFolder folder;
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    CHECK(status_with(null, [&] {
              const rlimit limit{1000, 1000};
              ::setrlimit(RLIMIT_FSIZE, &limit);
              const std::string message = message_of([&] { write_text(folder / "data", std::string(5000, 'x')); });
              return contains(message, "data: cannot be written: File too large") ? 0 : 1;
          }) == 0);
    ::close(null);
    CHECK(folder.names().empty());
}
