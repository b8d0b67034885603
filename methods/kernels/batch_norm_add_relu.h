#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <functional>

namespace mlvicx {

/// torch::nn::BatchNorm2d with its defaults, parameters and names, plus the number of views in a batch. (A class
/// derived from LibTorch's own cannot be linked: its libraries hide part of it.)
class BatchNormImpl : public torch::nn::NormImplBase<2, BatchNormImpl, torch::nn::BatchNormOptions> {
public:
    explicit BatchNormImpl(std::int64_t channels) : NormImplBase(torch::nn::BatchNormOptions(channels)) {}
    /// LibTorch's operation on the whole batch, regardless of `views`.
    torch::Tensor forward(const torch::Tensor& x);

    std::int64_t views = 1; ///< 1, or 2 during a call (two_views.h): one view after the other in the batch

protected:
    void _check_input_dim(const torch::Tensor&) override {} // required by the base; nothing calls it
};
TORCH_MODULE(BatchNorm);

/// What follows a batch norm in its layer.
enum class Activation { none, relu };

/// Batch norm of x [N, C, H, W] (Ioffe and Szegedy, ICML 2015), then + `added` of the same shape if given, then the
/// activation. In training each view is normalised separately, and the running statistics take the first before the
/// second, as in two passes. In training and channels last, all of it takes two passes over the map, and two backward,
/// on the CPU (float32, float64 or bf16; sums in float32 or wider) and on GPUs that our kernels run on (float32 or
/// bf16, a multiple of 8 channels); otherwise LibTorch's operations run one after the other.
torch::Tensor batch_norm_add_relu(BatchNorm& norm, const torch::Tensor& x, Activation activation = Activation::none,
                                  const torch::Tensor& added = {});

/// True if a batch of two views costs no more than two batches there.
bool separates_views(const torch::Device& device);

/// Any norm on two views, one after the other in `both`, [2 N, ...]: applied to each separately, the first before the
/// second, because the running statistics depend on the order.
torch::Tensor view_by_view(const std::function<torch::Tensor(const torch::Tensor&)>& norm, const torch::Tensor& both);

} // namespace mlvicx
