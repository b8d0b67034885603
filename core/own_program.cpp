#include "core/own_program.h"

#include "core/child.h"
#include "core/error.h"
#include "core/files.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sstream>

namespace mlvicx {

namespace {

std::vector<char*> pointers_to(std::vector<std::string>& words) {
    std::vector<char*> pointers;
    for (auto& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
}

std::vector<std::string> environment_with(const Variables& variables) {
    std::vector<std::string> all;
    for (char** entry = ::environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        const bool replaced = std::any_of(variables.begin(), variables.end(),
                                          [&](const auto& variable) { return text.starts_with(variable.first + "="); });
        if (!replaced) all.push_back(text);
    }
    for (const auto& [name, value] : variables) all.push_back(fmt::format("{}={}", name, value));
    return all;
}

} // namespace

std::vector<std::string> own_command_line() {
    std::istringstream text(read_text("/proc/self/cmdline"));
    std::vector<std::string> words;
    for (std::string word; std::getline(text, word, '\0');) words.push_back(word);
    return words;
}

pid_t start_own_program(const std::vector<std::string>& words, const Variables& variables, int output, int errors) {
    auto copies = words, environment = environment_with(variables);
    const auto arguments = pointers_to(copies), values = pointers_to(environment);
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
    const pid_t parent = ::getpid(), child = ::fork();
    if (child < 0) user_error("a further process cannot be started: {}", std::strerror(errno));
    if (child > 0) return child;
    // Only what may follow a fork of a process with threads.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    const bool alone = ::getppid() != parent; // it has ended meanwhile
    if (!alone && (output < 0 || ::dup2(output, STDOUT_FILENO) >= 0) &&
        (errors < 0 || ::dup2(errors, STDERR_FILENO) >= 0))
        ::execve(program.c_str(), arguments.data(), values.data());
    ::_exit(127);
}

std::optional<int> end_of(pid_t child) {
    int state = 0;
    if (::waitpid(child, &state, WNOHANG) != child) return std::nullopt;
    return exit_status(state);
}

} // namespace mlvicx
