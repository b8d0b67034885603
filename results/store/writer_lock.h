#pragma once

#include <filesystem>
#include <string>

namespace mlvicx {

/// The right to be the only process that writes to a results file on a network file system: a lock on FILE.writer,
/// which the system releases when the process ends, however it ends.
class WriterLock {
public:
    /// `network`: the file system's name; empty: a local disk, which needs no lock. Throws UserError that says what to
    /// do if another process has the lock, or if the file system has no locks.
    WriterLock(const std::filesystem::path& file, const std::string& network);
    ~WriterLock(); ///< removes FILE.writer
    WriterLock(WriterLock&& other) noexcept;
    WriterLock(const WriterLock&) = delete;
    WriterLock& operator=(const WriterLock&) = delete;

private:
    std::filesystem::path file_;
    int fd_ = -1;
};

} // namespace mlvicx
