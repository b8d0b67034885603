#include "core/rank_processes.h"

#include "core/error.h"
#include "core/interrupt.h"
#include "core/own_program.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
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

RankProcess start(bool is_first, const Variables& variables) {
    RankProcess process;
    if (is_first) {
        process.id = start_own_program(own_command_line(), variables, -1, -1);
        return process;
    }
    process.errors = ::memfd_create("errors of a rank", MFD_CLOEXEC);
    const int nothing = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    process.id = start_own_program(own_command_line(), variables, nothing, process.errors);
    ::close(nothing);
    return process;
}

/// Takes note if the process has ended.
void look_at(RankProcess& process) {
    if (!process.status) process.status = end_of(process.id);
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

RanksEnd run_ranks(const std::vector<Variables>& variables) {
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
