#pragma once

#include <torch/nn.h>

#include <cstdint>

namespace mlvicx {

/// torch::nn::BatchNorm1d with its defaults, parameters and names, for rows [N, C]; its batch may be shared by several
/// ranks (SharedBatch).
class HeadNormImpl : public torch::nn::NormImplBase<1, HeadNormImpl, torch::nn::BatchNormOptions> {
public:
    explicit HeadNormImpl(std::int64_t channels, bool affine = true)
        : NormImplBase(torch::nn::BatchNormOptions(channels).affine(affine)) {}
    torch::Tensor forward(const torch::Tensor& x);

protected:
    void _check_input_dim(const torch::Tensor&) override {} // required by the base; nothing calls it
};
TORCH_MODULE(HeadNorm);

} // namespace mlvicx
