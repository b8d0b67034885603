#include "core/progress.h"

#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstdio>

namespace mlvicx {

namespace {

std::atomic<bool> quiet = false;
std::mutex terminal;
bool bar_shown = false; ///< under `terminal`: a bar stands on the last line

bool on_terminal() {
    static const bool result = ::isatty(2) != 0;
    return result;
}

} // namespace

void set_quiet(bool value) {
    quiet = value;
}

void say_line(const std::string& line) {
    if (quiet) return;
    const std::lock_guard lock(terminal);
    std::fprintf(stderr, "%s%s\n", bar_shown ? "\r\033[K" : "", line.c_str());
    bar_shown = false;
}

std::string duration_text(double seconds) {
    const auto whole = std::llround(seconds);
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

Progress::Progress(std::string label, std::int64_t total, std::string unit)
    : label_(std::move(label)), unit_(std::move(unit)), total_(total), start_(std::chrono::steady_clock::now()),
      drawn_(start_) {}

Progress::~Progress() {
    const std::lock_guard lock(mutex_);
    if (done_ > 0) draw(true);
}

void Progress::advance(std::int64_t count, const std::string& note) {
    const std::lock_guard lock(mutex_);
    done_ += count;
    if (!note.empty()) note_ = note;
    const auto now = std::chrono::steady_clock::now();
    const auto pause = on_terminal() ? std::chrono::milliseconds(100) : std::chrono::milliseconds(10'000);
    if (now - drawn_ < pause) return;
    drawn_ = now;
    draw(false);
}

void Progress::draw(bool last) {
    if (quiet) return;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const double rate = seconds > 0 ? static_cast<double>(done_) / seconds : 0;
    std::string line = fmt::format("{}: {}/{} {}, {:.{}f}/s", label_, done_, total_, unit_, rate, rate < 10 ? 1 : 0);
    if (!last && rate > 0 && total_ > done_)
        line += ", " + duration_text(static_cast<double>(total_ - done_) / rate) + " left";
    if (last) line += ", " + duration_text(seconds);
    if (!note_.empty()) line += ", " + note_;
    if (!on_terminal()) return say_line(line);
    const std::lock_guard lock(terminal);
    std::string bar;
    constexpr int width = 24;
    const auto filled = total_ > 0 ? static_cast<int>(width * done_ / total_) : 0;
    for (int i = 0; i < width; ++i) bar += i < filled ? '#' : '.';
    std::fprintf(stderr, "\r\033[K[%s] %s%s", bar.c_str(), line.c_str(), last ? "\n" : "");
    std::fflush(stderr);
    bar_shown = !last;
}

} // namespace mlvicx
