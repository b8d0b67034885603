#include "core/contained.h"

#include "core/child.h"
#include "core/error.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

namespace mlvicx {

namespace {

constexpr rlim_t most_seconds = 60;     ///< of the processor's time
constexpr double longest_seconds = 600; ///< by the clock: work that waits for ever takes no processor's time
constexpr std::size_t longest_message = 1000;

/// The sanitizers take memory by another measure than a program's own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_is_counted = false;
#elif defined(__has_feature)
constexpr bool memory_is_counted = !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer);
#else
constexpr bool memory_is_counted = true;
#endif

/// Bytes of private, writable memory that this process has mapped.
std::size_t mapped() {
    std::size_t size = 0, resident = 0, shared = 0, text = 0, library = 0, data = 0;
    std::ifstream("/proc/self/statm") >> size >> resident >> shared >> text >> library >> data;
    return data * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

void limit(int resource, rlim_t most) {
    const rlimit limits{most, most};
    setrlimit(static_cast<__rlimit_resource_t>(resource), &limits);
}

[[noreturn]] void be_child(int pipe, std::size_t most_memory, const std::function<std::string()>& work) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // Nobody but the parent hears of a crash: no handler of this program runs, no decoder's last words are printed.
    for (const int signal : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGXCPU}) std::signal(signal, SIG_DFL);
    if (const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC); nowhere >= 0) {
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
    }
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, most_seconds);
    if (memory_is_counted && most_memory > 0) limit(RLIMIT_DATA, most_memory);
    std::string message;
    try {
        message = work();
    } catch (const std::exception& error) {
        message = error.what();
    }
    message.resize(std::min(message.size(), longest_message));
    const auto written = write(pipe, message.data(), message.size());
    _exit(written == static_cast<ssize_t>(message.size()) ? 0 : 1);
}

std::string words_of(int status) {
    if (WIFEXITED(status)) return WEXITSTATUS(status) == 0 ? "" : "ended its process";
    const int signal = WTERMSIG(status);
    if (signal == SIGXCPU || signal == SIGKILL) return "took more than a minute, or more memory than there is";
    return fmt::format("crashed (signal {}, {})", signal, strsignal(signal)); // NOLINT(concurrency-mt-unsafe)
}

} // namespace

SharedBytes::SharedBytes(std::size_t size) {
    void* memory =
        mmap(nullptr, std::max<std::size_t>(size, 1), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) user_error("there is no memory for {} bytes of an image", size);
    bytes_ = {static_cast<std::byte*>(memory), size};
}

SharedBytes::~SharedBytes() {
    munmap(bytes_.data(), std::max<std::size_t>(bytes_.size(), 1));
}

std::string contained(std::size_t memory, const std::function<std::string()>& work) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) user_error("cannot make a pipe: {}", std::strerror(errno));
    const std::size_t before = mapped();
    const pid_t child = fork();
    if (child == 0) be_child(ends[1], before > 0 ? before + memory : 0, work);
    const int failed = errno;
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        user_error("cannot start a process: {}", std::strerror(failed));
    }
    std::string message;
    if (!read_all(ends[0], longest_seconds, longest_message, message)) kill(child, SIGKILL);
    close(ends[0]);
    const std::string words = words_of(wait_for(child));
    return words.empty() ? message : words;
}

} // namespace mlvicx
