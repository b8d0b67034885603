#pragma once

#include "results/store/store.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace mlvicx {

/// Renews the lease of one claimed job from a thread, for the lifetime of the object. Nobody else may use the store in
/// the meantime: one connection per process keeps SQLite's file locks simple.
class LeaseKeeper {
public:
    static constexpr double seconds = 120; ///< length of a lease; renewed four times as often
    LeaseKeeper(Store& store, std::string hash, std::string owner);
    ~LeaseKeeper();
    LeaseKeeper(const LeaseKeeper&) = delete;
    LeaseKeeper& operator=(const LeaseKeeper&) = delete;

private:
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stop_ = false;
    std::thread thread_; ///< last: starts when the rest is initialised
};

} // namespace mlvicx
