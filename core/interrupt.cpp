#include "core/interrupt.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <string_view>

namespace mlvicx {

namespace {

/// Atomic, not only safe in a handler: other threads ask too.
std::atomic<bool> caught = false, caught_int = false, caught_term = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a handler must not wait");
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
    caught = true;
    if (signal != SIGINT && signal != SIGTERM) return; // SIGUSR1 asks for the same, however often
    auto& before = signal == SIGINT ? caught_int : caught_term;
    if (before.exchange(true)) end_at_once(signal);
}

} // namespace

void catch_interrupts() {
    on_terminal = ::isatty(STDERR_FILENO) != 0;
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) std::signal(signal, on_signal);
}

bool interrupted() {
    return caught;
}

} // namespace mlvicx
