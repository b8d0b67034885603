#include "experiments/runner/lease.h"

#include "core/progress.h"

#include <chrono>
#include <exception>

namespace mlvicx {

LeaseKeeper::LeaseKeeper(Store& store, std::string hash, std::string owner)
    : thread_([this, &store, hash = std::move(hash), owner = std::move(owner)] {
          const auto pause = std::chrono::duration<double>(seconds / 4);
          std::unique_lock lock(mutex_);
          while (!wake_.wait_for(lock, pause, [this] { return stop_; })) {
              try {
                  store.renew(hash, owner, seconds);
              } catch (const std::exception& error) {
                  say("cannot renew the lease of a job: {}", error.what()); // at worst two processes do the same job
              }
          }
      }) {}

LeaseKeeper::~LeaseKeeper() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

} // namespace mlvicx
