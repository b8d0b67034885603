#pragma once

#include <c10/util/ThreadLocalDebugInfo.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>

namespace mlvicx {

/// Follows the memory of tensors on a device while it exists: what LibTorch's allocators give to this thread and to the
/// backward passes that it starts. Neither libraries' scratch space nor what an allocator keeps for later counts.
class PeakMemory {
public:
    explicit PeakMemory(const torch::Device& device);
    ~PeakMemory();
    PeakMemory(const PeakMemory&) = delete;
    PeakMemory& operator=(const PeakMemory&) = delete;

    /// The largest sum at any moment, in bytes, above what was held when this object was made.
    std::int64_t bytes() const;

private:
    class Counter;
    std::shared_ptr<Counter> counter_;
    c10::DebugInfoGuard guard_;
};

} // namespace mlvicx
