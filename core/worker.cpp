#include "core/worker.h"

#include "core/error.h"
#include "core/files.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <sstream>

namespace mlvicx {

namespace {

std::vector<char*> pointers_to(std::vector<std::string>& words) {
    std::vector<char*> pointers;
    for (auto& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// This process's environment with these variables.
std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& variables) {
    std::vector<std::string> all;
    for (char** entry = ::environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        bool replaced = false;
        for (const auto& [name, value] : variables) replaced = replaced || text.rfind(name + "=", 0) == 0;
        if (!replaced) all.push_back(text);
    }
    for (const auto& [name, value] : variables) all.push_back(fmt::format("{}={}", name, value));
    return all;
}

} // namespace

std::vector<std::string> own_command_line() {
    std::istringstream text(read_text("/proc/self/cmdline"));
    std::vector<std::string> words;
    for (std::string word; std::getline(text, word, '\0');) words.push_back(word);
    return words;
}

Worker::Worker(const std::vector<std::string>& words,
               const std::vector<std::pair<std::string, std::string>>& environment)
    : output_(std::tmpfile()) {
    ensure(output_ != nullptr, "no file for the output of a worker");
    std::array<int, 2> pipe{};
    ensure(::pipe2(pipe.data(), O_CLOEXEC) == 0, "no pipe for a worker");
    auto copies = words, variables = environment_with(environment);
    const auto arguments = pointers_to(copies), values = pointers_to(variables);
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
    const pid_t parent = ::getpid();
    id_ = ::fork();
    if (id_ == 0) { // only what may follow a fork of a process with threads
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (::getppid() != parent || ::dup2(::fileno(output_.get()), STDOUT_FILENO) < 0 ||
            ::dup2(pipe[1], STDERR_FILENO) < 0)
            ::_exit(127);
        ::execve(program.c_str(), arguments.data(), values.data());
        ::_exit(127);
    }
    ::close(pipe[1]);
    errors_ = pipe[0];
    ensure(id_ > 0, "a worker cannot be started");
    ::fcntl(errors_, F_SETFL, O_NONBLOCK);
}

Worker::~Worker() {
    if (id_ > 0 && !status()) {
        ::kill(id_, SIGKILL);
        ::waitpid(id_, nullptr, 0);
    }
    ::close(errors_);
}

void Worker::signal(int number) const {
    if (!status_) ::kill(id_, number);
}

std::vector<std::string> Worker::new_lines() {
    std::array<char, 4096> block{};
    for (ssize_t count = 0; (count = ::read(errors_, block.data(), block.size())) > 0;)
        rest_.append(block.data(), static_cast<std::size_t>(count));
    std::vector<std::string> lines;
    for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
        lines.push_back(rest_.substr(0, end));
        rest_.erase(0, end + 1);
    }
    if (status_ && !rest_.empty()) lines.push_back(std::exchange(rest_, {}));
    return lines;
}

std::optional<int> Worker::status() {
    int state = 0;
    if (!status_ && ::waitpid(id_, &state, WNOHANG) == id_)
        status_ = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
    return status_;
}

std::string Worker::output() const {
    std::string text;
    ensure(std::fseek(output_.get(), 0, SEEK_SET) == 0, "the output of a worker cannot be read");
    std::array<char, 4096> block{};
    while (const auto count = std::fread(block.data(), 1, block.size(), output_.get()))
        text.append(block.data(), count);
    return text;
}

} // namespace mlvicx
