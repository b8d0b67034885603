#include "core/rank_processes.h"

#include "core/error.h"
#include "core/interrupt.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

namespace mlvicx {

namespace {

using Clock = std::chrono::steady_clock;

struct RankProcess {
    pid_t id = 0;
    int errors = -1; ///< a file in memory; -1: written to this process's
    std::optional<int> status;
};

std::vector<std::string> own_arguments() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    std::vector<std::string> words;
    for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
    return words;
}

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& variables) {
    std::vector<std::string> entries;
    for (char** entry = ::environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        bool replaced = false;
        for (const auto& [name, value] : variables)
            replaced = replaced || text.substr(0, text.find('=')) == name;
        if (!replaced) entries.push_back(text);
    }
    for (const auto& [name, value] : variables) entries.push_back(fmt::format("{}={}", name, value));
    return entries;
}

std::vector<char*> raw(std::vector<std::string>& words) {
    std::vector<char*> pointers;
    for (auto& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
}

RankProcess start(bool is_first, const std::vector<std::pair<std::string, std::string>>& variables) {
    auto arguments = own_arguments(), environment = environment_with(variables);
    const auto argv = raw(arguments), envp = raw(environment);
    const auto program = std::filesystem::read_symlink("/proc/self/exe").string();
    const pid_t parent = ::getpid();
    RankProcess process;
    if (!is_first) process.errors = ::memfd_create("errors of a rank", MFD_CLOEXEC);
    process.id = ::fork();
    if (process.id != 0) {
        if (process.id < 0) user_error("a process for a rank cannot be started: {}", std::strerror(errno));
        return process;
    }
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(1); // it has died meanwhile
    if (!is_first) {
        const int nothing = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
        ::dup2(nothing, STDOUT_FILENO);
        ::dup2(process.errors, STDERR_FILENO);
    }
    ::execve(program.c_str(), argv.data(), envp.data());
    ::_exit(127);
}

/// Takes note if the process has ended.
void look_at(RankProcess& process) {
    int state = 0;
    if (process.status || ::waitpid(process.id, &state, WNOHANG) != process.id) return;
    process.status = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

void print_errors(int file) {
    if (file < 0) return;
    ::lseek(file, 0, SEEK_SET);
    std::array<char, 4096> block{};
    for (ssize_t count = 0; (count = ::read(file, block.data(), block.size())) > 0;)
        std::fwrite(block.data(), 1, static_cast<std::size_t>(count), stderr);
}

std::string end_text(std::size_t rank, const RankProcess& process) {
    const int status = *process.status;
    return status > 128 ? fmt::format("rank {} (process {}) was killed by signal {} ({})", rank, process.id,
                                      status - 128, ::strsignal(status - 128))
                        : fmt::format("rank {} (process {}) ended with status {}", rank, process.id, status);
}

void tell_all(const std::vector<RankProcess>& processes, int signal) {
    for (const auto& process : processes)
        if (!process.status) ::kill(process.id, signal);
}

bool failed_by_itself(const RankProcess& process) {
    return process.status && *process.status != 0 && *process.status < 128;
}

/// Waits for all; returns the rank that failed first, or the number of ranks.
std::size_t wait_for(std::vector<RankProcess>& processes) {
    constexpr std::chrono::seconds grace{3};
    std::size_t failed = processes.size();
    std::optional<Clock::time_point> end;
    for (bool told = false;;) {
        bool running = false;
        for (std::size_t rank = 0; rank < processes.size(); ++rank) {
            look_at(processes[rank]);
            running = running || !processes[rank].status;
            if (failed == processes.size() && processes[rank].status && *processes[rank].status != 0) failed = rank;
        }
        // A mistake that all ranks find is told by rank 0.
        if (failed < processes.size() && failed_by_itself(processes[failed]) && failed_by_itself(processes[0]))
            failed = 0;
        if (!running) return failed;
        // After an interruption rank 0 may still save something; afterwards nobody has anything to do.
        if (!end && (processes[0].status || (failed < processes.size() && !interrupted()))) end = Clock::now() + grace;
        if (end && Clock::now() > *end) tell_all(processes, SIGKILL);
        if (interrupted() && !told) {
            tell_all(processes, SIGTERM);
            told = true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

} // namespace

RanksEnd run_ranks(const std::vector<std::vector<std::pair<std::string, std::string>>>& variables) {
    std::vector<RankProcess> processes;
    for (const auto& of_rank : variables) processes.push_back(start(processes.empty(), of_rank));
    const auto failed = wait_for(processes);
    RanksEnd end;
    if (failed < processes.size()) {
        print_errors(processes[failed].errors);
        end.rank = static_cast<int>(failed);
        end.status = *processes[failed].status;
        end.text = end_text(failed, processes[failed]) + "; the other ranks were ended too";
    }
    for (const auto& process : processes)
        if (process.errors >= 0) ::close(process.errors);
    return end;
}

int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const raw_address = reinterpret_cast<sockaddr*>(&address);
    const bool found =
        socket >= 0 && ::bind(socket, raw_address, length) == 0 && ::getsockname(socket, raw_address, &length) == 0;
    if (socket >= 0) ::close(socket);
    ensure(found, "no free port on this machine");
    return ntohs(address.sin_port);
}

} // namespace mlvicx
