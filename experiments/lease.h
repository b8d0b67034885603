#pragma once

#include "results/store.h"

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

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

/// Renews the lease of one claimed cell until the end of its life, from a thread. Nobody else may use the store in the
/// meantime: one connection a process keeps SQLite's file locks simple.
class LeaseKeeper {
public:
    static constexpr double seconds = 120; ///< of a lease; renewed four times as often
    LeaseKeeper(Store& store, std::string hash, std::string owner);
    ~LeaseKeeper();
    LeaseKeeper(const LeaseKeeper&) = delete;
    LeaseKeeper& operator=(const LeaseKeeper&) = delete;

private:
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stop_ = false;
    std::thread thread_; ///< last: begins when the rest is there
};

} // namespace mlvicx
