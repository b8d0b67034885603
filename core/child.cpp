#include "core/child.h"

#include "core/error.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

namespace mlvicx {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t longest_errors = 64 << 10;

/// What the child may use: `input`, nothing, and the pipe's end.
class Streams {
public:
    Streams(const std::string& input, int errors) {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, input.c_str(), O_RDONLY, 0);
        ::posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        ::posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
    }
    ~Streams() { ::posix_spawn_file_actions_destroy(&actions_); }
    Streams(const Streams&) = delete;
    Streams& operator=(const Streams&) = delete;
    const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
    posix_spawn_file_actions_t actions_ = {};
};

} // namespace

bool read_all(int pipe, double seconds, std::size_t longest, std::string& text) {
    const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        if (left <= 0) return false;
        pollfd watched{pipe, POLLIN, 0};
        const int ready = ::poll(&watched, 1, static_cast<int>(left));
        if (ready < 0 && errno != EINTR) return true;
        if (ready <= 0) continue;
        std::array<char, 4096> block{};
        const auto count = ::read(pipe, block.data(), block.size());
        if (count == 0 || (count < 0 && errno != EINTR)) return true;
        if (count > 0 && text.size() < longest) text.append(block.data(), static_cast<std::size_t>(count));
    }
}

int wait_for(int child) {
    int state = 0;
    while (::waitpid(child, &state, 0) < 0 && errno == EINTR) {
    }
    return state;
}

int exit_status(int state) {
    return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

std::optional<ChildEnd> run_child(const std::vector<std::string>& words, const std::filesystem::path& input,
                                  double seconds) {
    if (::access(input.c_str(), R_OK) != 0) user_error("{}: cannot be read: {}", input.string(), std::strerror(errno));
    std::array<int, 2> pipe{};
    ensure(::pipe2(pipe.data(), O_CLOEXEC) == 0, "no pipe for a child process");
    std::vector<std::string> copies = words;
    std::vector<char*> raw;
    for (auto& word : copies) raw.push_back(word.data());
    raw.push_back(nullptr);
    pid_t child = 0;
    const int failed =
        ::posix_spawnp(&child, raw.front(), Streams(input.string(), pipe[1]).get(), nullptr, raw.data(), ::environ);
    ::close(pipe[1]);
    ChildEnd end;
    if (failed == 0) {
        end.timed_out = !read_all(pipe[0], seconds, longest_errors, end.errors);
        if (end.timed_out) ::kill(child, SIGKILL);
        end.status = exit_status(wait_for(child));
    }
    ::close(pipe[0]);
    if (failed == ENOENT || failed == EACCES || failed == ENOTDIR) return std::nullopt;
    ensure(failed == 0, "a child process cannot be started");
    return end;
}

} // namespace mlvicx
