#pragma once

#include "methods/device/world.h"

#include <cstdint>

namespace mlvicx {

/// While it exists, each rank has an equal part of one batch, in the order of the ranks: batch norms in training mode
/// take their statistics over all parts (unless `norms` is false), and losses see the embeddings of all. It has to
/// exist during the forward and the backward pass. Of the whole process, not of a thread: LibTorch runs a GPU's
/// backward pass in threads of its own.
///
/// Every rank then computes the loss of the whole batch, and a parameter's gradients on the ranks are the parts of it
/// that come from their images: their sum is the gradient, without a factor of the number of ranks. For a batch of N
/// embeddings of D values, gathering moves N D of them, where the sums of moments and cross-correlations that the ranks
/// could exchange instead are D^2 (with N = 256 and D = 8192: 32 times as many). The price is that every rank repeats
/// the loss's products over the whole batch, which counts from some thousand images on.
class SharedBatch {
public:
    SharedBatch(World& world, bool norms = true);
    ~SharedBatch();
    SharedBatch(const SharedBatch&) = delete;
    SharedBatch& operator=(const SharedBatch&) = delete;

    /// The ranks that share the batch of a loss, or of a batch norm; null: the batch is whole here.
    static World* of_losses();
    static World* of_norms();
    /// How many share a batch norm's batch, at least 1.
    static std::int64_t ranks_of_norms();
};

/// The rows [n, ...] of all ranks, [R n, ...], in the order of the ranks; z itself if the batch is whole here. The
/// gradient of a rank's own rows goes back to it.
torch::Tensor whole_batch(const torch::Tensor& z);

/// Batch norm of x [N, C, ...] in training mode with statistics over the parts of all ranks, on any device, in float32
/// or float64 (bf16 is widened in between): the tensor form of what batch_norm_add_relu does on the CPU. The running
/// statistics are updated, as torch::batch_norm does. `weight`, `bias`: undefined, or [C].
struct SharedNorm {
    torch::Tensor weight, bias, running_mean, running_variance;
    double momentum, epsilon;
};
torch::Tensor shared_batch_norm(const torch::Tensor& x, const SharedNorm& norm);

} // namespace mlvicx
