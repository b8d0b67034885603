#include "core/interrupt.h"

#include <unistd.h>

#include <csignal>
#include <string_view>

namespace mlvicx {

namespace {

volatile std::sig_atomic_t caught = 0, caught_int = 0, caught_term = 0;
bool on_terminal = false; // whose line may have a progress bar

/// Only what POSIX allows in a handler.
void end_at_once(int signal) {
    constexpr std::string_view word =
        "\nmlvicx-bench: ended at once by a second signal; what is not saved yet is lost\n";
    const std::string_view text = on_terminal ? word : word.substr(1);
    if (::write(STDERR_FILENO, text.data(), text.size()) < 0) { // nobody reads it
    }
    std::signal(signal, SIG_DFL);
    std::raise(signal); // arrives when the handler has returned
}

void on_signal(int signal) {
    caught = 1;
    if (signal != SIGINT && signal != SIGTERM) return; // SIGUSR1 asks for the same, however often
    auto& before = signal == SIGINT ? caught_int : caught_term;
    if (before != 0) end_at_once(signal);
    before = 1;
}

} // namespace

void catch_interrupts() {
    on_terminal = ::isatty(STDERR_FILENO) != 0;
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) std::signal(signal, on_signal);
}

bool interrupted() {
    return caught != 0;
}

} // namespace mlvicx
