#include "core/process.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <string_view>
#include <system_error>
#include <vector>

namespace mlvicx {

std::string host_name() {
    char name[256] = {};
    return ::gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

bool process_is_gone(std::string_view pid) {
    pid_t number = 0;
    const auto read = std::from_chars(pid.data(), pid.data() + pid.size(), number);
    if (read.ec != std::errc() || read.ptr != pid.data() + pid.size() || number <= 0) return false;
    return ::kill(number, 0) != 0 && errno == ESRCH;
}

namespace {

constexpr std::string_view partial_mark = ".partial-";

} // namespace

bool is_left_behind(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    const std::size_t mark = name.rfind(partial_mark), at = name.rfind('@');
    if (mark == std::string::npos || at == std::string::npos || at < mark) return false;
    const std::size_t pid = mark + partial_mark.size();
    return name.substr(at + 1) == host_name() && process_is_gone(std::string_view(name).substr(pid, at - pid));
}

void remove_left_behind(const std::filesystem::path& folder, bool below) {
    std::error_code error;
    std::vector<std::filesystem::path> left, folders;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
        if (is_left_behind(entry.path()))
            left.push_back(entry.path());
        else if (below && entry.is_directory(error) && !entry.is_symlink(error))
            folders.push_back(entry.path());
    for (const auto& path : left) std::filesystem::remove_all(path, error);
    for (const auto& path : folders) remove_left_behind(path, true);
}

} // namespace mlvicx
