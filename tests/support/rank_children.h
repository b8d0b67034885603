#pragma once

// Several ranks on this machine: each is the test program started again with a hidden test, as in pretrain_kill.cpp.

#include "core/files.h"
#include "core/rank_processes.h"
#include "methods/device/launched_rank.h"
#include "tests/support/catch.h"
#include "tests/support/temporary.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

extern char** environ;

namespace mlvicx::testing {

/// The ranks of one run; those that still run at the end are killed.
class RankChildren {
public:
    /// Starts `size` processes with the hidden test of this tag, which finds the folder and the text `work` by
    /// rank_work.
    RankChildren(const TempFolder& folder, int size, const std::string& tag, const std::string& work)
        : folder_(folder) {
        const auto port = std::to_string(free_port());
        for (int rank = 0; rank < size; ++rank) {
            const auto number = std::to_string(rank), count = std::to_string(size);
            const std::vector<std::pair<const char*, std::string>> variables = {
                {"RANK", number},           {"LOCAL_RANK", number},
                {"WORLD_SIZE", count},      {"MASTER_ADDR", "127.0.0.1"},
                {"MASTER_PORT", port},      {"MLVICX_TEST_RUN", folder.path.string()},
                {"MLVICX_TEST_WORK", work}, {"OMP_NUM_THREADS", "1"}};
            for (const auto& [name, value] : variables) ::setenv(name, value.c_str(), 1);
            ids_.push_back(spawn(tag, errors_of(rank)));
            for (const auto& [name, value] : variables) ::unsetenv(name);
        }
    }
    ~RankChildren() {
        for (const pid_t id : ids_)
            if (id > 0) ::kill(id, SIGKILL), ::waitpid(id, nullptr, 0);
    }
    RankChildren(const RankChildren&) = delete;
    RankChildren& operator=(const RankChildren&) = delete;

    pid_t id(int rank) const { return ids_.at(static_cast<std::size_t>(rank)); }
    /// Exit status, 128 + signal, or -1 if it runs longer than `seconds`.
    int status(int rank, double seconds = 300) {
        auto& child = ids_.at(static_cast<std::size_t>(rank));
        const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
        int state = 0;
        while (::waitpid(child, &state, WNOHANG) == 0) {
            if (std::chrono::steady_clock::now() > end) return -1;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        child = 0;
        return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
    }
    std::string errors(int rank) const { return read_text(errors_of(rank)); }

private:
    std::filesystem::path errors_of(int rank) const { return folder_ / fmt::format("errors.{}", rank); }

    static pid_t spawn(const std::string& tag, const std::filesystem::path& errors) {
        std::string program = "/proc/self/exe", words = "[." + tag + "]";
        char* arguments[] = {program.data(), words.data(), nullptr};
        posix_spawn_file_actions_t files;
        posix_spawn_file_actions_init(&files);
        posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_addopen(&files, 2, errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        pid_t child = 0;
        REQUIRE(::posix_spawn(&child, program.c_str(), &files, nullptr, arguments, environ) == 0);
        posix_spawn_file_actions_destroy(&files);
        return child;
    }

    const TempFolder& folder_;
    std::vector<pid_t> ids_;
};

/// In a child: where it is and what it has to do.
struct RankWork {
    std::filesystem::path folder = std::getenv("MLVICX_TEST_RUN");
    std::string work = std::getenv("MLVICX_TEST_WORK");
    WorldOptions place = launched_rank([](const char* name) { return std::getenv(name); });
};

/// A world of any number of ranks that holds only this one, as if all had its tensors.
class AloneWorld : public World {
public:
    explicit AloneWorld(int size = 1) : size_(size) {}
    int rank() const override { return 0; }
    int size() const override { return size_; }
    int local_rank() const override { return 0; }
    void sum(const torch::Tensor& tensor) override { tensor.mul_(size_); }
    std::unique_ptr<Pending> begin_sum(const torch::Tensor& tensor) override {
        struct Nothing : Pending {
            void wait() override {}
        };
        sum(tensor);
        ++sums;
        return std::make_unique<Nothing>();
    }
    torch::Tensor gather(const torch::Tensor& tensor) override {
        return torch::cat(std::vector<torch::Tensor>(static_cast<std::size_t>(size_), tensor));
    }
    void broadcast(const torch::Tensor&) override {}
    bool any(bool here) override { return here; }
    void announce(const std::string&) override {}
    std::string heard() override { return ""; }
    void done(const std::string&) override {}

    int sums = 0; ///< begun by begin_sum

private:
    int size_;
};

} // namespace mlvicx::testing
