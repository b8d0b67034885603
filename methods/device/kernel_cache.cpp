#include "methods/device/kernel_cache.h"

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"

#include <cstdlib>

namespace mlvicx {

namespace {

constexpr std::size_t digits = 64; // of a SHA-256, which stands in front of the code

/// A file's code; empty if the file is missing or not as it was written.
std::string intact(const std::filesystem::path& file) try {
    const auto content = read_text(file);
    if (content.size() <= digits) return "";
    auto code = content.substr(digits);
    return sha256(code) == content.substr(0, digits) ? code : "";
} catch (const UserError&) {
    return "";
}

} // namespace

std::filesystem::path kernel_cache_folder() {
    const auto below = [](const char* variable) -> std::filesystem::path {
        const char* value = std::getenv(variable);
        return value != nullptr ? value : "";
    };
    const auto cache = below("XDG_CACHE_HOME"), home = below("HOME");
    if (cache.is_absolute()) return cache / "mlvicx-bench" / "kernels";
    return home.is_absolute() ? home / ".cache" / "mlvicx-bench" / "kernels" : "";
}

std::string cached_code(const std::filesystem::path& folder, const std::string& key,
                        const std::function<std::string()>& make) {
    if (folder.empty()) return make();
    const auto file = folder / (key + ".cubin");
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored))
        if (auto code = intact(file); !code.empty()) return code;
    auto code = make();
    try {
        write_text(file, sha256(code) + code);
    } catch (const UserError&) { // a full or read-only disk: the next run compiles again
    }
    return code;
}

} // namespace mlvicx
