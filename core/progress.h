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

/// Silences progress bars and `say` for the whole process (`--quiet`); errors still print, and the log has all.
void set_quiet(bool quiet);

/// One line on standard error, unless quiet, and in the log; a bar in progress is cleared first.
void say_line(const std::string& line);
template <typename... Args> void say(fmt::format_string<Args...> format, Args&&... args) {
    say_line(fmt::format(format, std::forward<Args>(args)...));
}

/// An error, on standard error and in the log: "mlvicx-bench: TEXT".
void complain(const std::string& text);

/// What a line of progress says.
struct ProgressState {
    std::string label, unit, note;
    std::int64_t done = 0, total = 0;
    double rate = 0;     ///< a second, of late
    double seconds = -1; ///< since the beginning, where the job is at its end
};

/// "[####....] label: 123/1000 images, 45/s, 20 s left, note" in at most `columns` characters: a bar as wide as what is
/// left allows, and of the text as much as there is room for, down to the per cent alone. 0 columns: no limit, no bar.
std::string progress_line(const ProgressState& state, std::size_t columns);

/// Progress of a job with a moving rate and the time left: a bar on a terminal (cut to its width; none where TERM is
/// "dumb"), elsewhere a line for each `part`, at most one a second. The last line stays; a job shorter than two seconds
/// leaves nothing, and one that is part of another job is silent. `advance` may be called from several threads.
class Progress {
public:
    /// `done` of `total` are done already; `part`: of them, what a line elsewhere than on a terminal is written for, an
    /// epoch for instance (0: a hundredth).
    Progress(std::string label, std::int64_t total, std::string unit, std::int64_t done = 0, std::int64_t part = 0);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    void advance(std::int64_t count = 1, const std::string& note = {});

private:
    using Clock = std::chrono::steady_clock;
    void draw(Clock::time_point now, bool last);
    ProgressState state_;
    const bool inner_; ///< part of another job
    const std::int64_t begun_at_, part_;
    std::int64_t shown_; ///< what was done at the last line
    const Clock::time_point start_;
    Clock::time_point drawn_;
    std::deque<std::pair<Clock::time_point, std::int64_t>> past_; ///< of the last twenty seconds, for the rate
    std::mutex mutex_;
};

/// "1 h 05 min", "3 min 20 s", "12 s".
std::string duration_text(double seconds);

} // namespace mlvicx
