#include "methods/kernels/linear.h"

#include "methods/device/device.h"
#include "methods/device/torch_version.h"

#include <torch/torch.h>

namespace mlvicx {

namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Up to this many rows the float32 product takes less time than a bf16 one plus the pass that widens it (equal at 128
/// on an Intel Xeon with AMX, 4096 x 4096 weights).
constexpr std::int64_t few_rows = 64;

/// x [N, in] in bf16, weight [out, in] and bias [out] (empty if there is none) in float32.
class Product : public torch::autograd::Function<Product> {
public:
    static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, const Tensor& bias) {
        const NoAutocast already_cast;
        const auto narrow = weight.to(torch::kBFloat16);
        context->save_for_backward({x, narrow});
        context->saved_data["biased"] = bias.numel() > 0;
        return bias.numel() > 0 ? torch::addmm(bias.to(torch::kBFloat16), x, narrow.t()) : x.mm(narrow.t());
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const NoAutocast already_cast;
        const auto saved = context->get_saved_variables();
        const auto grad_y = gradients[0].to(torch::kFloat32);
        const auto grad_bias = context->saved_data["biased"].toBool() ? grad_y.sum(0) : Tensor();
        return {gradients[0].mm(saved[1]), grad_y.t().mm(saved[0].to(torch::kFloat32)), grad_bias};
    }
};

} // namespace

Tensor LinearImpl::forward(const Tensor& rows) {
    const bool few = rows.is_cpu() && rows.dim() == 2 && rows.size(0) <= few_rows;
    if (!few || !autocast_enabled(torch::kCPU) || weight.scalar_type() != torch::kFloat32 || !weight.requires_grad() ||
        !torch::GradMode::is_enabled())
        return torch::linear(rows, weight, bias);
    return Product::apply(rows.to(torch::kBFloat16), weight,
                          bias.defined() ? bias : torch::empty({0}, weight.options()));
}

} // namespace mlvicx
