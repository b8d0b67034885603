#pragma once

#include <torch/types.h>

#include <memory>

namespace mlvicx {

/// A small tensor on its way to the host, which a GPU copies when it gets there in its queue: neither the copy nor the
/// work queued since needs to be waited for.
class Readback {
public:
    explicit Readback(const torch::Tensor& values);
    /// Whether the values are here; always for a tensor on the CPU.
    bool ready() const;
    /// The values in float64. Waits for the work that was queued before the copy, not for what was queued since.
    torch::Tensor get() const;

private:
    torch::Tensor host_;
    std::shared_ptr<void> copied_; ///< the event after the copy; null on the CPU
};

} // namespace mlvicx
