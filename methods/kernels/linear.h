#pragma once

#include <torch/nn.h>

namespace mlvicx {

/// torch::nn::Linear of rows [N, in], with its parameters and names, and a cheaper gradient where a CPU runs it in bf16
/// autocast on a few rows: an optimiser wants float32, and to write the weights' gradient in bf16 and then widen it is
/// to go over it three times. There the product gives float32 at once.
class LinearImpl : public torch::nn::LinearImpl {
public:
    using torch::nn::LinearImpl::LinearImpl;
    torch::Tensor forward(const torch::Tensor& rows);
};
TORCH_MODULE(Linear);

} // namespace mlvicx
