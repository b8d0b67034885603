#pragma once

// Runs the real program in a folder of its own.

#include "core/files.h"

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

class TempFolder {
public:
    TempFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "mlvicx-test-XXXXXX").string();
        if (!::mkdtemp(name.data())) std::abort();
        path = name;
    }
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    std::filesystem::path operator/(const std::string& name) const { return path / name; }
    /// Names in it, folders included, without the two files that hold a run's output.
    std::vector<std::string> names() const {
        std::vector<std::string> result;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
            const auto name = std::filesystem::relative(entry.path(), path).string();
            if (name != "stdout" && name != "stderr") result.push_back(name);
        }
        std::sort(result.begin(), result.end());
        return result;
    }
    std::filesystem::path path;
};

struct Ran {
    int status = -1; ///< exit status, or 128 + signal
    std::string out, err;
};

/// Runs mlvicx-bench with these arguments in `folder`; killed with `signal` after `seconds` where that is positive.
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

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace mlvicx::testing
