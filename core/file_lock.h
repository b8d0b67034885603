#pragma once

#include <filesystem>

namespace mlvicx {

/// A lock held through an open file. The system releases it when the process ends, however it ends.
class FileLock {
public:
    /// Waits for the lock of another process, and logs that after a moment. Throws Interrupted after a signal,
    /// UserError if the file cannot be written.
    explicit FileLock(const std::filesystem::path& file);
    ~FileLock(); ///< removes the file
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

private:
    std::filesystem::path file_;
    int fd_ = -1;
};

} // namespace mlvicx
