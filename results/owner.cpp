#include "results/owner.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>

namespace mlvicx {

namespace {

std::string host_name() {
    char name[256] = {};
    return ::gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

} // namespace

std::string process_owner() {
    return host_name() + ":" + std::to_string(::getpid());
}

bool owner_is_gone(const std::string& owner) {
    const std::string prefix = host_name() + ":";
    if (!owner.starts_with(prefix)) return false;
    const char* end = owner.data() + owner.size();
    pid_t pid = 0;
    const auto read = std::from_chars(owner.data() + prefix.size(), end, pid);
    if (read.ec != std::errc() || read.ptr != end || pid <= 0) return false;
    return ::kill(pid, 0) != 0 && errno == ESRCH;
}

} // namespace mlvicx
