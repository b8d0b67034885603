#pragma once

#include "methods/pretrain/epoch_order.h"
#include "methods/pretrain/ranks.h"
#include "methods/views/image_pool.h"

#include <cstdint>

namespace mlvicx {

/// This rank's images of each pre-training step. Where they come from the host, those of the next step are collected
/// while the caller works on a step. The arguments must outlive it.
class BatchesAhead {
public:
    /// `batch`: images of all ranks in a step; as many steps in an epoch as the order has whole batches.
    BatchesAhead(const ImagePool& pool, const EpochOrder& order, const Ranks& ranks, std::int64_t batch,
                 const torch::Device& device);
    BatchesAhead(const BatchesAhead&) = delete;
    BatchesAhead& operator=(const BatchesAhead&) = delete;

    /// The images of step `step`, counted from the first epoch's first.
    PooledImages of(std::int64_t step);

private:
    PooledImages begun(std::int64_t step);

    const ImagePool& pool_;
    const EpochOrder& order_;
    const Ranks& ranks_;
    std::int64_t batch_, steps_per_epoch_;
    torch::Device device_;
    std::int64_t epoch_ = -1, next_step_ = -1;
    DrawnImages drawn_; ///< of epoch_
    PooledImages next_; ///< of next_step_
};

} // namespace mlvicx
