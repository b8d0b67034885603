#include "core/machine_fault.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <new>
#include <string_view>
#include <system_error>

namespace mlvicx {

namespace {

bool is_out_of_memory(const std::exception& error) {
    if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
    // LibTorch and OpenCV throw types of their own, which are not known here.
    constexpr std::array<std::string_view, 4> words = {"can't allocate memory", "out of memory", "Insufficient memory",
                                                       "not enough memory"};
    const std::string_view text = error.what();
    return std::any_of(words.begin(), words.end(), [&](auto word) { return text.find(word) != text.npos; });
}

} // namespace

std::optional<MachineFault> machine_fault(const std::exception& error) {
    if (const auto* failed = dynamic_cast<const std::filesystem::filesystem_error*>(&error)) {
        const auto& file = failed->path2().empty() ? failed->path1() : failed->path2();
        return MachineFault{file.string() + ": " + failed->code().message(), 2};
    }
    if (dynamic_cast<const OutOfMemory*>(&error) != nullptr) return MachineFault{error.what(), 1};
    if (is_out_of_memory(error)) return MachineFault{"out of memory", 1};
    if (const auto* failed = dynamic_cast<const std::system_error*>(&error))
        if (failed->code() == std::errc::resource_unavailable_try_again)
            return MachineFault{"the system has no room for another thread", 1};
    return std::nullopt;
}

} // namespace mlvicx
