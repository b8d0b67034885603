#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

/// The words of this process's command line, the program's name first.
std::vector<std::string> own_command_line();

/// Environment variables, by name.
using Variables = std::vector<std::pair<std::string, std::string>>;

/// Starts this program in a further process, which gets a SIGTERM if this one ends: with these words, and with these
/// variables set or replaced. `output`, `errors`: files to write to instead of this process's streams; -1: these.
/// Throws UserError if no process can be started.
pid_t start_own_program(const std::vector<std::string>& words, const Variables& variables, int output, int errors);

/// The exit status of a child, or 128 + the signal that ended it; nullopt while it runs. Once it has ended, ask no
/// more.
std::optional<int> end_of(pid_t child);

} // namespace mlvicx
