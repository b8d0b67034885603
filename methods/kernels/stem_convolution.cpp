#include "methods/kernels/stem_convolution.h"

#include "methods/device/device.h"
#include "methods/device/torch_version.h"

#include <torch/torch.h>

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>

namespace mlvicx {

namespace {

using torch::Tensor;

constexpr std::int64_t kernel = 7, stride = 2, padding = 3;
/// An eighth row and column of zero weights comes first: then each block of x matches a block of weights.
constexpr std::int64_t border = padding + 1, blocks = (kernel + 1) / 2;

/// Space-to-depth of x with a zero border, in blocks of 2 x 2 pixels: [N, 4 C, rows + 3, columns + 3] for an output of
/// [rows, columns], channels last. A block's channels are ordered by pixel row, then pixel column, then channel.
Tensor space_to_depth(const Tensor& x, std::int64_t rows, std::int64_t columns) {
    const auto pixels = x.contiguous(torch::MemoryFormat::ChannelsLast);
    const auto images = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
    const auto high = rows + blocks - 1, wide = columns + blocks - 1;
    const auto result = at::zeros({images, high, wide, 4 * channels}, x.options());
    const auto pixel = static_cast<std::size_t>(channels) * x.element_size();
    const auto* from = static_cast<const char*>(pixels.data_ptr());
    auto* to = static_cast<char*>(result.data_ptr());
    at::parallel_for(0, images * height, 64, [&](std::int64_t begin, std::int64_t end) {
        for (auto i = begin; i < end; ++i) {
            const auto image = i / height, row = i % height + border;
            const char* pair = from + static_cast<std::size_t>(i * width) * pixel;
            const auto block = (image * high + row / 2) * wide + border / 2;
            char* place = to + (static_cast<std::size_t>(block) * 4 + static_cast<std::size_t>(row % 2) * 2) * pixel;
            for (std::int64_t column = 0; column < width; column += 2, pair += 2 * pixel, place += 4 * pixel)
                std::memcpy(place, pair, std::min<std::size_t>(2, static_cast<std::size_t>(width - column)) * pixel);
        }
    });
    return result.permute({0, 3, 1, 2});
}

class Convolution : public torch::autograd::Function<Convolution> {
public:
    static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x, const Tensor& weight) {
        context->save_for_backward({x});
        return at::conv2d(x, weight, {}, stride, padding);
    }
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        return {Tensor(), stem_weight_gradient(context->get_saved_variables()[0], gradients[0])};
    }
};

} // namespace

Tensor stem_weight_gradient(const Tensor& x, const Tensor& grad_y) {
    const NoAutocast in_their_own_type;
    const auto channels = x.size(1), outputs = grad_y.size(1);
    const auto shape =
        at::empty({outputs, 4 * channels, blocks, blocks}, x.options(), torch::MemoryFormat::ChannelsLast);
    const auto gradient = std::get<1>(at::convolution_backward(
        grad_y.contiguous(torch::MemoryFormat::ChannelsLast), space_to_depth(x, grad_y.size(2), grad_y.size(3)), shape,
        {}, {1, 1}, {0, 0}, {1, 1}, false, {0, 0}, 1, {false, true, false}));
    return gradient.permute({0, 2, 3, 1})
        .reshape({outputs, blocks, blocks, 2, 2, channels})
        .permute({0, 1, 3, 2, 4, 5})
        .reshape({outputs, 2 * blocks, 2 * blocks, channels})
        .slice(1, 1)
        .slice(2, 1)
        .permute({0, 3, 1, 2});
}

Tensor stem_convolution(const Tensor& x, const Tensor& weight) {
    const bool autocast = x.is_cpu() && autocast_enabled(torch::kCPU);
    if (!autocast || x.requires_grad() || !weight.requires_grad() || !torch::GradMode::is_enabled())
        return torch::conv2d(x, weight, {}, stride, padding);
    return Convolution::apply(autocast_to_bf16(x), autocast_to_bf16(weight));
}

} // namespace mlvicx
