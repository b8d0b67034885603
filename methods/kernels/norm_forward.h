#pragma once

#include "methods/device/shared_batch.h"

#include <torch/torch.h>

namespace mlvicx {

/// What our batch norms compute by LibTorch's operation, or for a batch that several ranks share. `norm` derives from
/// torch::nn::NormImplBase.
template <typename Norm> torch::Tensor norm_forward(Norm& norm, const torch::Tensor& x) {
    namespace F = torch::nn::functional;
    if (norm.is_training()) norm.num_batches_tracked.add_(1);
    const double momentum = *norm.options.momentum(), epsilon = norm.options.eps();
    if (norm.is_training() && SharedBatch::of_norms() != nullptr)
        return shared_batch_norm(x, {norm.weight, norm.bias, norm.running_mean, norm.running_var, momentum, epsilon});
    return F::batch_norm(x, norm.running_mean, norm.running_var,
                         F::BatchNormFuncOptions()
                             .weight(norm.weight)
                             .bias(norm.bias)
                             .training(norm.is_training())
                             .momentum(momentum)
                             .eps(epsilon));
}

} // namespace mlvicx
