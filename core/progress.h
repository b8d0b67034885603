#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace mlvicx {

/// Silences progress bars and `say` for the whole process (`--quiet`); errors still print.
void set_quiet(bool quiet);

/// One line on standard error, unless quiet; a bar in progress is cleared first.
void say_line(const std::string& line);
template <typename... Args> void say(fmt::format_string<Args...> format, Args&&... args) {
    say_line(fmt::format(format, std::forward<Args>(args)...));
}

/// Progress with rate and estimated time left: a bar on a terminal, a plain line every few seconds elsewhere.
/// `advance` may be called from several threads.
class Progress {
public:
    Progress(std::string label, std::int64_t total, std::string unit);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    void advance(std::int64_t count = 1, const std::string& note = {});

private:
    void draw(bool last);
    std::string label_, unit_, note_;
    std::int64_t total_, done_ = 0;
    std::chrono::steady_clock::time_point start_, drawn_;
    std::mutex mutex_;
};

/// "1 h 05 min", "3 min 20 s", "12 s".
std::string duration_text(double seconds);

} // namespace mlvicx
