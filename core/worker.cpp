#include "core/worker.h"

#include "core/error.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <utility>

namespace mlvicx {

Worker::Worker(const std::vector<std::string>& words, const Variables& environment) : output_(std::tmpfile()) {
    ensure(output_ != nullptr, "no file for the output of a worker");
    std::array<int, 2> pipe{};
    ensure(::pipe2(pipe.data(), O_CLOEXEC) == 0, "no pipe for a worker");
    try {
        id_ = start_own_program(words, environment, ::fileno(output_.get()), pipe[1]);
    } catch (...) {
        for (const int end : pipe) ::close(end);
        throw;
    }
    ::close(pipe[1]);
    errors_ = pipe[0];
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
    if (!status_) status_ = end_of(id_);
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
