#pragma once

#include "methods/device/world.h"

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace mlvicx::c10d_world {

/// The thread that gives this rank's signs of life and ends the process when another rank is lost: rank 0 watches all
/// and writes down whom it lost, the others watch rank 0 and read that. A rank that has left in order is not lost.
class Watch {
public:
    /// `store`: a connection of its own, since calls of one connection wait for each other. `names`: of the ranks.
    Watch(c10::intrusive_ptr<c10d::Store> store, const WorldOptions& options, std::vector<std::string> names);
    /// Stops watching.
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    /// Ends the process after a broken connection, when the watch had time to find out which rank is lost.
    [[noreturn]] void connection_broke(const std::string& how);
    /// "rank 2 (gpu1, process 4711)"
    std::string name_of(int rank) const;

private:
    void run();
    bool look();
    std::string lost_here(int rank) const;

    c10::intrusive_ptr<c10d::Store> store_;
    const WorldOptions options_;
    const std::vector<std::string> names_;
    std::atomic<bool> stop_ = false;
    std::vector<std::pair<std::int64_t, std::chrono::steady_clock::time_point>> seen_; ///< last sign of life, and when
    std::thread thread_;
};

/// Says why and ends the process.
[[noreturn]] void end_all(const std::string& why);

/// Bytes, as a store keeps them.
inline std::vector<std::uint8_t> bytes_of(const std::string& text) {
    return {text.begin(), text.end()};
}
inline std::string text_at(c10d::Store& store, const std::string& key) {
    const auto bytes = store.get(key);
    return {bytes.begin(), bytes.end()};
}

} // namespace mlvicx::c10d_world
