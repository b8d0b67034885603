#pragma once

#include <ATen/record_function.h>

#include <cstdint>

namespace mlvicx {

/// What convolutions and matrix products did, forward and backward.
struct Operations {
    double flops = 0;      ///< a multiplication and an addition are two; of convolutions as their definition has them
    double values = 0;     ///< numbers that they read or wrote: operands and results
    double map_values = 0; ///< those of them that are convolutions' results, forward
};

/// Counts those that LibTorch's operators do on this thread while it exists. One at a time for a thread.
class OperationCounter {
public:
    OperationCounter();
    ~OperationCounter();
    OperationCounter(const OperationCounter&) = delete;
    OperationCounter& operator=(const OperationCounter&) = delete;

    const Operations& counted() const { return counted_; }

private:
    Operations counted_;
    at::CallbackHandle handle_;
};

} // namespace mlvicx
