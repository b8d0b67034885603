#include "results/store/owner.h"

#include "core/hash.h"
#include "core/process.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string_view>

namespace mlvicx {

namespace {

/// Eight digits for the running kernel and the namespace of this process's id.
std::string place() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string boot;
    file >> boot;
    std::error_code unknown;
    const auto names = std::filesystem::read_symlink("/proc/self/ns/pid", unknown);
    return sha256(boot + " " + names.string()).substr(0, 8);
}

} // namespace

std::string process_owner() {
    return host_name() + ":" + std::to_string(::getpid()) + "@" + place();
}

std::string owner_text(const std::string& owner) {
    return owner.substr(0, owner.rfind('@'));
}

bool owner_is_gone(const std::string& owner) {
    const std::string before = host_name() + ":", after = "@" + place();
    if (owner.size() < before.size() + after.size() || !owner.starts_with(before) || !owner.ends_with(after))
        return false;
    return process_is_gone(std::string_view(owner).substr(before.size(), owner.size() - before.size() - after.size()));
}

} // namespace mlvicx
