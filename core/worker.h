#pragma once

#include "core/own_program.h"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// This program in a further process. If this process ends, it gets a SIGTERM.
class Worker {
public:
    /// `words` as from own_command_line. `environment`: variables set or replaced. Throws UserError if no process
    /// can be started.
    Worker(const std::vector<std::string>& words, const Variables& environment);
    ~Worker(); ///< ends it if it still runs
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    pid_t id() const { return id_; }
    void signal(int number) const;
    /// The whole lines that it has written to standard error since the last call; after its end also a last part.
    std::vector<std::string> new_lines();
    /// Its exit status, or 128 + the signal that ended it; nullopt while it runs.
    std::optional<int> status();
    /// What it has written to standard output.
    std::string output() const;

private:
    pid_t id_ = 0;
    int errors_ = -1; ///< its standard error
    std::string rest_;
    std::optional<int> status_;
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::unique_ptr<std::FILE, Close> output_;
};

} // namespace mlvicx
