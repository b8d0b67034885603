#include "core/lost_pages.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <string_view>

namespace mlvicx {

namespace {

/// A slot of the table that the handler reads; `begin` is set last and cleared first.
struct Mapping {
    std::atomic<std::uintptr_t> begin = 0;
    std::atomic<std::size_t> size = 0;
    std::array<char, 1024> file{};
};

std::array<Mapping, 256> mappings; ///< of further files the name is not told
std::mutex changing;

std::uintptr_t address_of(const void* pointer) {
    return reinterpret_cast<std::uintptr_t>(pointer);
}

void say_now(std::string_view text) {
    if (::write(STDERR_FILENO, text.data(), text.size()) < 0) { // nobody reads it
    }
}

/// Only what POSIX allows in a handler.
void on_lost_page(int, siginfo_t* info, void*) {
    const std::uintptr_t at = address_of(info->si_addr);
    const char* file = "a mapped file";
    for (const auto& mapping : mappings) {
        const std::uintptr_t begin = mapping.begin;
        if (begin != 0 && at >= begin && at - begin < mapping.size) file = mapping.file.data();
    }
    say_now("mlvicx-bench: ");
    say_now(file);
    say_now(": was cut short, or its disk failed, while it was read\n");
    ::_exit(2);
}

} // namespace

void catch_lost_pages() {
    struct sigaction action = {};
    action.sa_sigaction = on_lost_page;
    action.sa_flags = SA_SIGINFO | SA_RESETHAND;
    ::sigaction(SIGBUS, &action, nullptr);
}

void remember_mapping(const void* begin, std::size_t size, const std::filesystem::path& file) {
    const std::lock_guard lock(changing);
    for (auto& mapping : mappings) {
        if (mapping.begin != 0) continue;
        const std::string name = file.string().substr(0, mapping.file.size() - 1);
        std::memcpy(mapping.file.data(), name.c_str(), name.size() + 1);
        mapping.size = size;
        mapping.begin = address_of(begin);
        return;
    }
}

void forget_mapping(const void* begin) {
    const std::lock_guard lock(changing);
    for (auto& mapping : mappings)
        if (mapping.begin == address_of(begin)) mapping.begin = 0;
}

} // namespace mlvicx
