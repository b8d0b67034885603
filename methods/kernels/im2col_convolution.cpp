#include "methods/kernels/im2col_convolution.h"

#include "core/error.h"

#include <torch/torch.h>

namespace mlvicx {

namespace {

using torch::Tensor;

/// The windows of one convolution over channels-last maps, [N, H, W, C].
struct Windows {
    std::int64_t kernel, stride, padding;

    std::int64_t out(std::int64_t in) const { return (in + 2 * padding - kernel) / stride + 1; }

    /// The window of each output pixel: [N H' W', k k C].
    Tensor im2col(const Tensor& maps) const {
        const auto rows = out(maps.size(1)), columns = out(maps.size(2)), channels = maps.size(3);
        const auto padded = torch::constant_pad_nd(maps, {0, 0, padding, padding, padding, padding}).contiguous();
        const auto image = padded.stride(0), row = padded.stride(1);
        const auto seen = padded.as_strided({maps.size(0), rows, columns, kernel, kernel * channels},
                                            {image, stride * row, stride * channels, row, 1});
        return seen.reshape({maps.size(0) * rows * columns, kernel * kernel * channels});
    }

    /// The adjoint of `im2col`, for maps of these sizes; sums in float32 or wider.
    Tensor col2im(const Tensor& seen, torch::IntArrayRef sizes) const {
        const auto rows = out(sizes[1]), columns = out(sizes[2]), channels = sizes[3];
        const auto type = seen.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
        const auto padded = torch::zeros({sizes[0], sizes[1] + 2 * padding, sizes[2] + 2 * padding, channels}, type);
        const auto taps = seen.view({sizes[0], rows, columns, kernel * kernel, channels});
        for (std::int64_t tap = 0; tap < kernel * kernel; ++tap) {
            const auto i = tap / kernel, j = tap % kernel;
            padded.slice(1, i, i + stride * (rows - 1) + 1, stride)
                .slice(2, j, j + stride * (columns - 1) + 1, stride)
                .add_(taps.select(3, tap));
        }
        return padded.narrow(1, padding, sizes[1]).narrow(2, padding, sizes[2]).to(seen.scalar_type());
    }
};

/// [O, C, k, k] -> [O, k k C]; a view if the weight is channels-last.
Tensor flat(const Tensor& weight) {
    return weight.permute({0, 2, 3, 1}).reshape({weight.size(0), -1});
}

class Im2colConvolution : public torch::autograd::Function<Im2colConvolution> {
public:
    static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x, const Tensor& weight,
                          std::int64_t stride, std::int64_t padding) {
        context->save_for_backward({x, weight});
        context->saved_data["stride"] = stride;
        context->saved_data["padding"] = padding;
        const Windows windows{weight.size(2), stride, padding};
        const auto y = windows.im2col(x.permute({0, 2, 3, 1})).mm(flat(weight).t());
        return y.view({x.size(0), windows.out(x.size(2)), windows.out(x.size(3)), -1}).permute({0, 3, 1, 2});
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1];
        const Windows windows{weight.size(2), context->saved_data["stride"].toInt(),
                              context->saved_data["padding"].toInt()};
        const auto maps = x.permute({0, 2, 3, 1});
        const auto gradient = gradients[0].permute({0, 2, 3, 1}).reshape({-1, weight.size(0)});
        const auto grad_x = windows.col2im(gradient.mm(flat(weight)), maps.sizes()).permute({0, 3, 1, 2});
        const auto grad_weight = gradient.t()
                                     .mm(windows.im2col(maps))
                                     .view({weight.size(0), weight.size(2), weight.size(3), weight.size(1)})
                                     .permute({0, 3, 1, 2});
        return {grad_x, grad_weight, Tensor(), Tensor()};
    }
};

} // namespace

Tensor im2col_convolution(const Tensor& x, const Tensor& weight, std::int64_t stride) {
    ensure(x.dim() == 4 && weight.dim() == 4 && weight.size(2) == weight.size(3) && weight.size(2) % 2 == 1,
           "a convolution needs maps [N, C, H, W] and square kernels of odd size");
    return Im2colConvolution::apply(x, weight, stride, weight.size(2) / 2);
}

} // namespace mlvicx
