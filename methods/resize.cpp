#include "methods/resize.h"

#include <torch/torch.h>

namespace mlvicx {

torch::Tensor line_weights(std::int64_t in, std::int64_t out, const torch::TensorOptions& options) {
    const torch::NoGradGuard no_grad;
    const auto type = options.dtype() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
    return torch::upsample_linear1d(torch::eye(in, options.dtype(type)).unsqueeze(0), out, false).squeeze(0);
}

} // namespace mlvicx
