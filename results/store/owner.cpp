#include "results/store/owner.h"

#include "core/process.h"

#include <unistd.h>

#include <string_view>

namespace mlvicx {

std::string process_owner() {
    return host_name() + ":" + std::to_string(::getpid());
}

bool owner_is_gone(const std::string& owner) {
    const std::string prefix = host_name() + ":";
    return owner.starts_with(prefix) && process_is_gone(std::string_view(owner).substr(prefix.size()));
}

} // namespace mlvicx
