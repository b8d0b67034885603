#pragma once

#include <filesystem>

namespace mlvicx {

/// A lock held through an open file: the system gives it back when the process ends, however it ends.
class FileLock {
public:
    /// Waits for the lock of another process; says so after a moment. Throws Interrupted after a signal, UserError
    /// where the file cannot be made.
    explicit FileLock(const std::filesystem::path& file);
    ~FileLock(); ///< removes the file
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

private:
    std::filesystem::path file_;
    int fd_ = -1;
};

} // namespace mlvicx
