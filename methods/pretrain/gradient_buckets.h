#pragma once

#include "methods/device/world.h"

#include <torch/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace mlvicx {

/// Sums of all gradients over the ranks, while the backward pass goes on: gradients are copied into flat buffers as
/// they are found, and a buffer's sum begins when its last gradient is there. Afterwards the parameters' gradients are
/// views of the buffers in their parameters' layout, so that the optimiser's passes over a weight are what they are in
/// one process: LARS takes its two norms from the same memory that arrived, and needs no flat copy of the weights.
class GradientBuckets {
public:
    /// `parameters` require gradients, in the same order on all ranks, and must outlive this. A bucket has at least
    /// `bytes`, but for the last: the last parameters, whose gradients are found first, are in the first one.
    GradientBuckets(World& world, std::vector<torch::Tensor> parameters, std::int64_t bytes = 16 << 20);
    ~GradientBuckets();
    GradientBuckets(const GradientBuckets&) = delete;
    GradientBuckets& operator=(const GradientBuckets&) = delete;

    /// Before a backward pass.
    void begin();
    /// After it: waits for all sums. A parameter that the loss does not depend on keeps an undefined gradient.
    void finish();
    std::size_t count() const { return buckets_.size(); }

private:
    struct Slot {
        torch::Tensor parameter;
        std::size_t bucket = 0;
        torch::Tensor view; ///< of the bucket's values, in the parameter's layout
        unsigned hook = 0;
        bool found = false;
    };
    struct Bucket {
        torch::Tensor values; ///< [sum of the parameters' sizes]
        std::size_t slots = 0, missing = 0;
        std::unique_ptr<World::Pending> sum;
    };
    void take(std::size_t slot, const torch::Tensor& gradient);
    void begin_ready();

    World& world_;
    std::vector<Slot> slots_; ///< the last parameter first
    std::vector<Bucket> buckets_;
    std::size_t next_ = 0; ///< buckets are summed in their order, which is the same on all ranks
};

} // namespace mlvicx
