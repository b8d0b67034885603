#include "core/progress.h"

#include "core/log.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace mlvicx {

namespace {

std::atomic<bool> quiet = false;
std::mutex terminal;
std::atomic<int> jobs = 0;
bool bar_shown = false; ///< guarded by `terminal`: the last line shows a bar

/// Whether standard error is a terminal on which a line can be overwritten.
bool on_terminal() {
    static const bool result = [] {
        const char* type = std::getenv("TERM");
        return ::isatty(2) != 0 && type != nullptr && *type != '\0' && std::string_view(type) != "dumb";
    }();
    return result;
}

/// Width of the terminal in columns, which may change; some terminals do not report it.
std::size_t terminal_columns() {
    winsize size{};
    if (::ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    const char* given = std::getenv("COLUMNS");
    const int columns = given != nullptr ? std::atoi(given) : 0;
    return columns > 0 ? static_cast<std::size_t>(columns) : 80;
}

bool continues(char c) { // a UTF-8 continuation byte
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::size_t length_of(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string cut(const std::string& text, std::size_t length) {
    std::size_t end = 0;
    for (; end < text.size(); ++end)
        if (!continues(text[end]) && length-- == 0) break;
    return text.substr(0, end);
}

} // namespace

void set_quiet(bool value) {
    quiet = value;
}

void say_line(const std::string& line) {
    log_line(line);
    if (quiet) return;
    const std::lock_guard lock(terminal);
    std::fprintf(stderr, "%s%s\n", bar_shown ? "\r\033[K" : "", line.c_str());
    bar_shown = false;
}

void complain(const std::string& text) {
    log_line("error: " + text);
    const std::lock_guard lock(terminal);
    std::fprintf(stderr, "%smlvicx-bench: %s\n", bar_shown ? "\r\033[K" : "", text.c_str());
    bar_shown = false;
}

std::string duration_text(double seconds) {
    const auto whole = std::llround(seconds);
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string progress_line(const ProgressState& state, std::size_t columns) {
    const double share = state.total > 0 ? static_cast<double>(state.done) / static_cast<double>(state.total) : 0;
    const std::string percent = fmt::format("{:.0f} %", std::floor(100 * share));
    const std::string count = fmt::format("{}: {}/{} {}", state.label, state.done, state.total, state.unit);
    const std::string rate = fmt::format(", {:.{}f}/s", state.rate, state.rate < 10 ? 1 : 0);
    std::string time;
    if (state.seconds >= 0)
        time = ", " + duration_text(state.seconds);
    else if (state.rate > 0 && state.total > state.done)
        time = ", " + duration_text(static_cast<double>(state.total - state.done) / state.rate) + " left";
    const std::string note = state.note.empty() ? "" : ", " + state.note;

    std::string whole = count + rate + time + note;
    if (columns == 0) return whole;
    // From the full text to the shortest form.
    const std::vector<std::string> texts{whole,
                                         count + time + note,
                                         count + rate + time,
                                         count + time,
                                         state.label + ": " + percent + time,
                                         state.label + ": " + percent,
                                         percent};
    const auto fitting =
        std::find_if(texts.begin(), texts.end(), [&](auto& text) { return length_of(text) <= columns; });
    if (fitting == texts.end()) return cut(percent, columns);
    constexpr std::size_t least = 8, most = 24, frame = 3;
    const std::size_t room = columns - length_of(*fitting);
    if (room < least + frame) return *fitting;
    const std::size_t width = std::min(room - frame, most);
    const auto filled = static_cast<std::size_t>(static_cast<double>(width) * std::clamp(share, 0.0, 1.0));
    return '[' + std::string(filled, '#') + std::string(width - filled, '.') + "] " + *fitting;
}

Progress::Progress(std::string label, std::int64_t total, std::string unit, std::int64_t done, std::int64_t part)
    : state_{std::move(label), std::move(unit), {}, done, total}, inner_(jobs++ > 0), begun_at_(done),
      part_(std::max<std::int64_t>(part > 0 ? part : total / 100, 1)), shown_(done), start_(Clock::now()),
      drawn_(start_), past_{{start_, done}} {
    if (!inner_) log_line(fmt::format("{}: begins at {}/{} {}", state_.label, done, total, state_.unit));
}

Progress::~Progress() {
    --jobs;
    if (inner_) return;
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - start_).count();
    state_.seconds = seconds;
    state_.rate = seconds > 0 ? static_cast<double>(state_.done - begun_at_) / seconds : 0;
    log_line(progress_line(state_, 0));
    draw(now, true);
}

void Progress::advance(std::int64_t count, const std::string& note) {
    const std::lock_guard lock(mutex_);
    state_.done += count;
    if (!note.empty()) state_.note = note;
    const auto now = Clock::now();
    if (on_terminal()) {
        if (now - drawn_ < std::chrono::milliseconds(100)) return;
    } else if (state_.done / part_ == shown_ / part_ || now - drawn_ < std::chrono::seconds(1) ||
               state_.done == state_.total) {
        return; // the last line is printed at the end
    }
    draw(now, false);
}

void Progress::draw(Clock::time_point now, bool last) {
    if (quiet || inner_) return;
    const bool nothing_stays = last && now - start_ < std::chrono::seconds(2);
    drawn_ = now;
    shown_ = state_.done;
    if (!last) {
        past_.emplace_back(now, state_.done);
        while (past_.size() > 2 && now - past_.front().first > std::chrono::seconds(20)) past_.pop_front();
        const double seconds = std::chrono::duration<double>(now - past_.front().first).count();
        state_.rate = seconds > 0 ? static_cast<double>(state_.done - past_.front().second) / seconds : 0;
    }
    const std::lock_guard lock(terminal);
    if (!on_terminal()) {
        if (!nothing_stays) std::fprintf(stderr, "%s\n", progress_line(state_, 0).c_str());
        return;
    }
    // Leave the last column free: some terminals wrap to a new line there.
    const std::size_t columns = std::max<std::size_t>(terminal_columns(), 2) - 1;
    const std::string line = nothing_stays ? "" : progress_line(state_, columns) + (last ? "\n" : "");
    if (last && nothing_stays && !bar_shown) return;
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
    std::fflush(stderr);
    bar_shown = !last;
}

} // namespace mlvicx
