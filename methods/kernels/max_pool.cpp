#include "methods/kernels/max_pool.h"

#include "methods/kernels/for_samples.h"
#include "methods/kernels/max_pool_gpu.h"
#include "methods/kernels/max_pool_kernels.h"

#include <torch/torch.h>

namespace mlvicx {

namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

class MaxPool : public torch::autograd::Function<MaxPool> {
public:
    static Tensor forward(AutogradContext* context, const Tensor& x) {
        const pool::Map map{x.size(2), x.size(3), x.size(1)};
        const auto options = x.options().memory_format(torch::MemoryFormat::ChannelsLast);
        const auto y = at::empty({x.size(0), map.channels, map.rows(), map.columns()}, options);
        const auto taps = at::empty_like(y, options.dtype(torch::kUInt8));
        if (pool::runs_on_gpu(x))
            pool::largest_on_gpu(x, y, taps);
        else
            for_samples(x, [&](auto type, std::int64_t n) {
                using T = decltype(type);
                pool::largest(map, row<T>(x, n), row<T>(y, n), row<std::uint8_t>(taps, n));
            });
        context->save_for_backward({taps});
        context->saved_data["shape"] = x.sizes();
        return y;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto taps = context->get_saved_variables()[0];
        const auto shape = context->saved_data["shape"].toIntVector();
        const auto grad_y = gradients[0].contiguous(torch::MemoryFormat::ChannelsLast);
        const auto grad_x = at::empty(shape, grad_y.options().memory_format(torch::MemoryFormat::ChannelsLast));
        if (pool::runs_on_gpu(grad_x))
            pool::largest_backward_on_gpu(grad_y, taps, grad_x);
        else
            for_samples(grad_y, [&](auto type, std::int64_t n) {
                using T = decltype(type);
                pool::largest_backward({shape[2], shape[3], shape[1]}, row<T>(grad_y, n), row<std::uint8_t>(taps, n),
                                       row<T>(grad_x, n));
            });
        return {grad_x};
    }
};

} // namespace

Tensor max_pool(const Tensor& x) {
    const auto type = x.scalar_type();
    const bool known = type == torch::kFloat32 || type == torch::kFloat64 || type == torch::kBFloat16;
    if (!known || !(x.is_cpu() || pool::runs_on_gpu(x)) || x.dim() != 4 || x.numel() == 0 ||
        !x.is_contiguous(torch::MemoryFormat::ChannelsLast))
        return torch::max_pool2d(x, 3, 2, 1);
    return MaxPool::apply(x);
}

} // namespace mlvicx
