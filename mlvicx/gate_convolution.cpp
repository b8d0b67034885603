#include "mlvicx/gate_convolution.h"

#include "methods/kernels/for_samples.h"
#include "mlvicx/gate_gpu.h"
#include "mlvicx/gate_kernels.h"

#include <torch/torch.h>

namespace mlvicx {

namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

gate::Shape shape_of(const Tensor& x, const Tensor& weight) {
    return {weight.size(1), weight.size(2), x.size(2), x.size(3)};
}

class GateConvolution : public torch::autograd::Function<GateConvolution> {
public:
    static Tensor forward(AutogradContext* context, const Tensor& given, const Tensor& given_weight) {
        const auto x = given.contiguous(), weight = given_weight.contiguous();
        const auto y = at::empty({x.size(0), 1, x.size(2), x.size(3)}, x.options());
        if (gate::runs_on_gpu(x, weight))
            gate::convolve_on_gpu(x, weight, y);
        else
            for_samples(x, [&](auto type, std::int64_t n) {
                using T = decltype(type);
                gate::convolve(shape_of(x, weight), row<T>(x, n), weight.data_ptr<Accumulate<T>>(), row<T>(y, n));
            });
        context->save_for_backward({x, weight});
        return y;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1];
        const auto grad_y = gradients[0].contiguous();
        const auto grad_x = at::empty_like(x);
        if (gate::runs_on_gpu(x, weight))
            return {grad_x, gate::convolve_backward_on_gpu(x, weight, grad_y, grad_x).sum(0).view(weight.sizes())};
        const auto of_images = at::empty({x.size(0), weight.numel()}, weight.options());
        for_samples(x, [&](auto type, std::int64_t n) {
            using T = decltype(type);
            gate::convolve_backward(shape_of(x, weight), row<T>(x, n), weight.data_ptr<Accumulate<T>>(),
                                    row<T>(grad_y, n), row<T>(grad_x, n), row<Accumulate<T>>(of_images, n));
        });
        return {grad_x, of_images.sum(0).view(weight.sizes())};
    }
};

} // namespace

Tensor gate_convolution(const Tensor& x, const Tensor& weight) {
    if (!x.is_cpu() && !gate::runs_on_gpu(x, weight)) return torch::conv2d(x, weight, {}, 1, weight.size(2) / 2);
    return GateConvolution::apply(x, weight);
}

} // namespace mlvicx
