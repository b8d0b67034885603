#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

namespace mlvicx {

/// Zeroed memory that this process shares with the children that it forks; UserError if there is not enough.
class SharedBytes {
public:
    explicit SharedBytes(std::size_t size);
    ~SharedBytes();
    SharedBytes(const SharedBytes&) = delete;
    SharedBytes& operator=(const SharedBytes&) = delete;
    std::span<std::byte> bytes() const { return bytes_; }

private:
    std::span<std::byte> bytes_;
};

/// Runs `work` in a child process, for code of others that bad input can make crash, hang, leak or take all memory.
/// What `work` writes to SharedBytes is there afterwards; nothing else of it is. It must not use threads, and
/// what it prints is lost. Returns what it returns (empty: done; 1,000 bytes at most), the message of its exception, or
/// how it ended: by a signal, or after a minute of processor time or 10 minutes. `memory`: bytes that it may take
/// beyond what this process has.
std::string contained(std::size_t memory, const std::function<std::string()>& work);

} // namespace mlvicx
