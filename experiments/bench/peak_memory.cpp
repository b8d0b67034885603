#include "experiments/bench/peak_memory.h"

#include "methods/device/torch_version.h"

#include <c10/core/Allocator.h>

#include <algorithm>
#include <mutex>

namespace mlvicx {

/// Where LibTorch's profiler counts memory, which it does not while this one is there.
class PeakMemory::Counter : public c10::MemoryReportingInfoBase {
public:
    explicit Counter(const torch::Device& device) : device_(device) {}

    void reportMemoryUsage(void*, std::int64_t size, AllocatedBytes, AllocatedBytes, c10::Device device) override {
        if (device.type() != device_.type()) return;
        const std::lock_guard lock(mutex_);
        held_ += size; // negative when it is freed
        peak_ = std::max(peak_, held_);
    }
    bool memoryProfilingEnabled() const override { return true; }
    std::int64_t peak() const {
        const std::lock_guard lock(mutex_);
        return peak_;
    }

private:
    torch::Device device_;
    mutable std::mutex mutex_;
    std::int64_t held_ = 0, peak_ = 0;
};

PeakMemory::PeakMemory(const torch::Device& device)
    : counter_(std::make_shared<Counter>(device)), guard_(c10::DebugInfoKind::PROFILER_STATE, counter_) {}
PeakMemory::~PeakMemory() = default;

std::int64_t PeakMemory::bytes() const {
    return counter_->peak();
}

} // namespace mlvicx
