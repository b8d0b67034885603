#include "methods/kernels/head_norm.h"

#include "methods/kernels/norm_forward.h"

namespace mlvicx {

torch::Tensor HeadNormImpl::forward(const torch::Tensor& x) {
    return norm_forward(*this, x);
}

} // namespace mlvicx
