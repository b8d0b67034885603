#pragma once

// Runs the real program in its own folder.

#include "core/files.h"
#include "tests/support/temporary.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace mlvicx::testing {

/// Names of everything in `folder` and below, except the two files that hold a run's output.
inline std::vector<std::string> names_below(const TempFolder& folder) {
    std::vector<std::string> result;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path)) {
        const auto name = std::filesystem::relative(entry.path(), folder.path).string();
        if (name != "stdout" && name != "stderr") result.push_back(name);
    }
    std::sort(result.begin(), result.end());
    return result;
}

struct Ran {
    int status = -1; ///< exit status, or 128 + signal
    std::string out, err;
};

/// Runs mlvicx-bench with these arguments in `folder`; kills it with `signal` after `seconds` if that is positive.
inline Ran run_bench(const TempFolder& folder, const std::vector<std::string>& arguments, double seconds = 0,
                     int signal = SIGKILL) {
    const pid_t child = ::fork();
    if (child == 0) {
        if (::chdir(folder.path.c_str()) != 0 || !std::freopen("stdout", "w", stdout) ||
            !std::freopen("stderr", "w", stderr))
            ::_exit(99);
        std::vector<std::string> words{MLVICX_BENCH};
        words.insert(words.end(), arguments.begin(), arguments.end());
        std::vector<char*> raw;
        for (auto& word : words) raw.push_back(word.data());
        raw.push_back(nullptr);
        ::execv(MLVICX_BENCH, raw.data());
        ::_exit(99);
    }
    int state = 0;
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (seconds > 0 && ::waitpid(child, &state, WNOHANG) == 0) {
        if (std::chrono::steady_clock::now() >= end) {
            ::kill(child, signal);
            seconds = 0;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    if (seconds <= 0) ::waitpid(child, &state, 0);
    Ran ran;
    ran.status = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
    ran.out = read_text(folder / "stdout");
    ran.err = read_text(folder / "stderr");
    return ran;
}

} // namespace mlvicx::testing
