#pragma once

#include <torch/nn.h>

namespace mlvicx {

/// torch::nn::Linear on rows [N, in], with its parameters and names, and a cheaper weight gradient in a CPU's bf16
/// autocast on few rows: the optimiser needs float32, and writing the gradient in bf16 and widening it takes three
/// passes over it. Here the product gives float32 directly.
class LinearImpl : public torch::nn::LinearImpl {
public:
    using torch::nn::LinearImpl::LinearImpl;
    torch::Tensor forward(const torch::Tensor& rows);
};
TORCH_MODULE(Linear);

} // namespace mlvicx
