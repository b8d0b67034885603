#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// How a child process ended.
struct ChildEnd {
    int status = 0;         ///< exit status; 128 + signal if a signal ended it
    bool timed_out = false; ///< it was killed because its time was up
    std::string errors;     ///< what it wrote to standard error, at most the first 64 KiB
};

/// Runs a program of PATH with these words (the first is its name), without a shell: standard input from `input`,
/// standard output dropped. Kills it after `seconds`. nullopt if there is no such program. Throws UserError if `input`
/// cannot be read, InternalError if no process can be started.
std::optional<ChildEnd> run_child(const std::vector<std::string>& words, const std::filesystem::path& input,
                                  double seconds);

/// Appends what a child writes to a pipe, at most `longest` bytes in all, until it closes its end; false if that takes
/// more than `seconds`.
bool read_all(int pipe, double seconds, std::size_t longest, std::string& text);
/// Waits for a child to end, and returns what waitpid says of it.
int wait_for(int child);
/// The exit status of which waitpid told, or 128 + the signal that ended the child.
int exit_status(int state);

} // namespace mlvicx
