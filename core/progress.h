#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <utility>

namespace mlvicx {

/// Silences progress bars and `say` for the whole process (`--quiet`); errors are still printed, and the log still gets
/// everything.
void set_quiet(bool quiet);

/// Prints a line on standard error, unless quiet, and writes it to the log; clears a visible progress bar first.
void say_line(const std::string& line);
template <typename... Args> void say(fmt::format_string<Args...> format, Args&&... args) {
    say_line(fmt::format(format, std::forward<Args>(args)...));
}

/// Prints an error on standard error and writes it to the log: "mlvicx-bench: TEXT".
void complain(const std::string& text);

/// The content of a progress line.
struct ProgressState {
    std::string label, unit, note;
    std::int64_t done = 0, total = 0;
    double rate = 0;     ///< items per second, recently
    double seconds = -1; ///< total duration once the job is done; -1 before
};

/// "[####....] label: 123/1000 images, 45/s, 20 s left, note" in at most `columns` characters: as much of the text as
/// fits, down to just the percentage, and a bar as wide as the remaining room allows. 0 columns: no limit, no bar.
std::string progress_line(const ProgressState& state, std::size_t columns);

/// Shows a job's progress with a moving rate and the time left: on a terminal as a bar (cut to its width; none if TERM
/// is "dumb"), elsewhere as a line per `part`, at most one a second. The last line stays; a job shorter than two
/// seconds leaves nothing, and a job inside another job is silent. `advance` may be called from several threads.
class Progress {
public:
    /// `done` of `total` are done already; `part`: how many make one line when standard error is not a terminal, for
    /// instance those of an epoch (0: a hundredth of `total`).
    Progress(std::string label, std::int64_t total, std::string unit, std::int64_t done = 0, std::int64_t part = 0);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    void advance(std::int64_t count = 1, const std::string& note = {});

private:
    using Clock = std::chrono::steady_clock;
    void draw(Clock::time_point now, bool last);
    ProgressState state_;
    const bool inner_; ///< runs inside another job
    const std::int64_t begun_at_, part_;
    std::int64_t shown_; ///< count at the last line
    const Clock::time_point start_;
    Clock::time_point drawn_;
    std::deque<std::pair<Clock::time_point, std::int64_t>> past_; ///< the last twenty seconds, for the rate
    std::mutex mutex_;
};

/// "1 h 05 min", "3 min 20 s", "12 s".
std::string duration_text(double seconds);

} // namespace mlvicx
