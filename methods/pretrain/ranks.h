#pragma once

#include "methods/device/shared_batch.h"
#include "methods/pretrain/checkpoint.h"
#include "methods/pretrain/gradient_buckets.h"
#include "methods/pretrain/pretrain.h"

#include <memory>
#include <optional>
#include <vector>

namespace mlvicx {

/// What a pre-training does differently if several ranks share it; without a world, nothing.
class Ranks {
public:
    /// `method` in its final memory layout; it must outlive this. Throws UserError if the batch cannot be shared by so
    /// many ranks, or the options' norm_batch asks for another number of them.
    Ranks(World* world, const PretrainOptions& options, Method& method);

    /// Without a world.
    bool alone() const { return world_ == nullptr; }
    /// Rank 0 reads and writes files, measures and probes.
    bool first() const { return world_ == nullptr || world_->first(); }
    bool any(bool here) const { return world_ != nullptr ? world_->any(here) : here; }
    /// All ranks start from rank 0's weights, optimiser and step.
    void take_state_of_first(const Method& method, Optimizer& optimizer, TrainingState& state) const;
    /// This rank's part of a step's images: views are keyed by image, so they are the same on any rank.
    std::vector<std::int64_t> own_part(const std::vector<std::int64_t>& batch) const;
    /// For the forward and the backward pass of a step.
    std::unique_ptr<SharedBatch> share() const;
    /// The gradients of the whole batch's loss.
    void backward(const torch::Tensor& loss);
    /// The embeddings of the whole batch, in float32.
    torch::Tensor of_all(const torch::Tensor& embeddings) const;

private:
    World* const world_;
    const bool shared_norms_;
    std::optional<GradientBuckets> buckets_;
};

} // namespace mlvicx
