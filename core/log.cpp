#include "core/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <deque>
#include <mutex>

namespace mlvicx {

namespace {

std::mutex mutex; ///< guards everything below
std::deque<std::string> kept;
int log_file = -1;
std::string name; ///< of the file, for the message
bool given_up = false;

std::string stamped(const std::string& line) {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    char time[32] = "";
    std::strftime(time, sizeof time, "%Y-%m-%d %H:%M:%S", &local);
    return fmt::format("{} [{}] {}\n", time, ::getpid(), line);
}

void give_up() {
    std::fprintf(stderr, "%s: the log cannot be written: %s; continuing without it\n", name.c_str(),
                 std::strerror(errno));
    given_up = true;
    kept.clear();
}

void write_line(const std::string& line) {
    if (given_up || ::write(log_file, line.data(), line.size()) == static_cast<ssize_t>(line.size())) return;
    give_up();
}

} // namespace

void log_to(const std::filesystem::path& file) {
    const std::lock_guard lock(mutex);
    if (log_file >= 0 || given_up) return;
    name = file.string();
    log_file = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (log_file < 0) return give_up();
    for (const auto& line : kept) write_line(line);
    kept.clear();
}

void log_beside(const std::filesystem::path& results) {
    auto file = results;
    file.replace_extension(".log");
    log_to(file == results ? std::filesystem::path(results.string() + ".log") : file);
}

void log_line(const std::string& line) {
    const std::lock_guard lock(mutex);
    if (given_up) return;
    if (log_file >= 0) return write_line(stamped(line));
    kept.push_back(stamped(line));
    if (kept.size() > 1000) kept.pop_front();
}

} // namespace mlvicx
