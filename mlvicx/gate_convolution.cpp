#include "mlvicx/gate_convolution.h"

#include "mlvicx/gate_kernels.h"

#include <torch/torch.h>

#include <ATen/Parallel.h>

namespace mlvicx {

namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Runs film(type, n, kernel, plane) for each film of x, `type` being a value of its type.
template <typename Film> void for_films(const Tensor& x, const Tensor& weight, const Film& film) {
    const gate::Kernel kernel{weight.size(1), weight.size(2)};
    const gate::Plane plane{x.size(2), x.size(3)};
    AT_DISPATCH_FLOATING_TYPES_AND(torch::kBFloat16, x.scalar_type(), "gate_convolution", [&] {
        at::parallel_for(0, x.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
            for (auto n = begin; n < end; ++n) film(scalar_t{}, n, kernel, plane);
        });
    });
}

template <typename T> T* film_of(const Tensor& tensor, std::int64_t n) {
    return tensor.data_ptr<T>() + n * (tensor.numel() / tensor.size(0));
}

class GateConvolution : public torch::autograd::Function<GateConvolution> {
public:
    static Tensor forward(AutogradContext* context, const Tensor& given, const Tensor& given_weight) {
        const auto x = given.contiguous(), weight = given_weight.contiguous();
        const auto y = at::empty({x.size(0), 1, x.size(2), x.size(3)}, x.options());
        for_films(x, weight, [&](auto type, std::int64_t n, gate::Kernel kernel, gate::Plane plane) {
            using T = decltype(type);
            gate::convolve(kernel, plane, film_of<T>(x, n), weight.data_ptr<Wide<T>>(), film_of<T>(y, n));
        });
        context->save_for_backward({x, weight});
        return y;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1];
        const auto of_y = gradients[0].contiguous();
        const auto of_x = at::empty_like(x), of_films = at::empty({x.size(0), weight.numel()}, weight.options());
        for_films(x, weight, [&](auto type, std::int64_t n, gate::Kernel kernel, gate::Plane plane) {
            using T = decltype(type);
            gate::convolve_backward(kernel, plane, film_of<T>(x, n), weight.data_ptr<Wide<T>>(), film_of<T>(of_y, n),
                                    film_of<T>(of_x, n), film_of<Wide<T>>(of_films, n));
        });
        return {of_x, of_films.sum(0).view(weight.sizes())};
    }
};

} // namespace

Tensor gate_convolution(const Tensor& x, const Tensor& weight) {
    if (!x.is_cpu()) return torch::conv2d(x, weight, {}, 1, weight.size(2) / 2);
    return GateConvolution::apply(x, weight);
}

} // namespace mlvicx
