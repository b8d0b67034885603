#include "methods/kernels/winograd_convolution.h"

#include "core/error.h"
#include "methods/kernels/winograd_kernels.h"

#include <torch/torch.h>

#include <ATen/Parallel.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <vector>

namespace mlvicx {

namespace {

using torch::Tensor;
using winograd::Shape;

Tensor dense(const Tensor& map) {
    return map.contiguous(torch::MemoryFormat::ChannelsLast);
}

/// In memory [a, h, w, b].
Tensor new_map(std::int64_t a, std::int64_t b, std::int64_t height, std::int64_t width) {
    return torch::empty({a, b, height, width}, torch::MemoryFormat::ChannelsLast);
}

/// y from dense x. `reversed`: the gradient of the input, [.., in], from that of the output.
Tensor convolve_by(const winograd::Kernels& by, const Shape& shape, const Tensor& x, const Tensor& weight,
                   bool reversed) {
    const auto transformed = torch::empty({36 * shape.in * shape.out});
    auto* const weights = transformed.data_ptr<float>();
    const auto* const from = weight.data_ptr<float>();
    at::parallel_for(0, shape.out / winograd::panel, 1, [&](std::int64_t begin, std::int64_t end) {
        (reversed ? by.transform_reversed : by.transform)(shape, from, begin * winograd::panel, end * winograd::panel,
                                                          weights);
    });
    Shape of = shape;
    if (reversed) std::swap(of.in, of.out);
    const auto y = new_map(of.images, of.out, of.height, of.width);
    const auto* const input = x.data_ptr<float>();
    auto* const output = y.data_ptr<float>();
    at::parallel_for(0, of.tiles(), 1, [&](std::int64_t begin, std::int64_t end) {
        by.convolve(of, input, weights, begin, end, output);
    });
    return y;
}

Tensor weight_gradient_by(const winograd::Kernels& by, const Shape& shape, const Tensor& x, const Tensor& grad_y) {
    constexpr auto block = winograd::block;
    const auto rows = (shape.out + block - 1) / block, columns = (shape.in + block - 1) / block;
    // Several parts of the tiles where blocks are fewer than threads.
    const auto tiles = shape.tiles();
    const auto parts = std::min<std::int64_t>((at::get_num_threads() + rows * columns - 1) / (rows * columns), tiles);
    const auto sums = torch::empty({parts, shape.out, 3, 3, shape.in});
    const auto *const input = x.data_ptr<float>(), *const gradient = grad_y.data_ptr<float>();
    auto* const sum = sums.data_ptr<float>();
    at::parallel_for(0, parts * rows * columns, 1, [&](std::int64_t begin, std::int64_t end) {
        for (auto task = begin; task < end; ++task) {
            const auto part = task / (rows * columns), in = task % columns * block, out = task / columns % rows * block;
            by.weight_gradient(shape, input, gradient,
                               {in, std::min(block, shape.in - in), out, std::min(block, shape.out - out)},
                               tiles * part / parts, tiles * (part + 1) / parts, sum + part * shape.out * 9 * shape.in);
        }
    });
    return (parts == 1 ? sums[0] : sums.sum(0)).permute({0, 3, 1, 2});
}

/// Work that LibTorch's observers (profilers, counters of operations) see like one of its own operators: by name, with
/// operands and results.
template <typename Work>
std::vector<Tensor> observed(const char* name, const std::vector<c10::IValue>& operands, const Work& work) {
    at::RecordFunction operation(at::RecordScope::FUNCTION);
    if (operation.isActive())
        operation.before(name, c10::ArrayRef<const c10::IValue>(operands.data(), operands.size()));
    std::vector<Tensor> results = work();
    if (operation.isActive() && operation.needsOutputs())
        operation.setOutputs(std::vector<c10::IValue>(results.begin(), results.end()));
    return results;
}

class WinogradConvolution : public torch::autograd::Function<WinogradConvolution> {
public:
    static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x, const Tensor& weight,
                          std::int64_t kernels) {
        const auto maps = dense(x), taps = dense(weight);
        context->save_for_backward({maps, taps});
        context->saved_data["kernels"] = kernels;
        const auto& by = winograd::kernels().at(static_cast<std::size_t>(kernels));
        return observed("mlvicx::convolution", {maps, taps},
                        [&] { return std::vector{convolve_by(by, shape_of(maps, taps), maps, taps, false)}; })[0];
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1];
        const auto gradient = dense(gradients[0]);
        const auto& by = winograd::kernels().at(static_cast<std::size_t>(context->saved_data["kernels"].toInt()));
        const auto shape = shape_of(x, weight);
        const auto found = observed("mlvicx::convolution_backward", {gradient, x, weight}, [&] {
            std::vector<Tensor> gradients_of(2);
            if (context->needs_input_grad(0)) gradients_of[0] = convolve_by(by, shape, gradient, weight, true);
            if (context->needs_input_grad(1)) gradients_of[1] = weight_gradient_by(by, shape, x, gradient);
            return gradients_of;
        });
        return {found[0], found[1], Tensor()};
    }

private:
    static Shape shape_of(const Tensor& x, const Tensor& weight) {
        return {x.size(0), x.size(2), x.size(3), x.size(1), weight.size(0)};
    }
};

} // namespace

bool winograd_takes(const Tensor& x, const Tensor& weight) {
    return x.is_cpu() && x.scalar_type() == torch::kFloat32 && weight.scalar_type() == torch::kFloat32 &&
           x.dim() == 4 && weight.size(2) == 3 && weight.size(3) == 3 && weight.size(0) % winograd::panel == 0 &&
           weight.size(1) % winograd::panel == 0 && x.size(1) == weight.size(1) && x.numel() > 0;
}

Tensor winograd_convolution(const Tensor& x, const Tensor& weight, std::size_t kernels) {
    ensure(winograd_takes(x, weight), "these maps and weights are not Winograd's to convolve");
    return WinogradConvolution::apply(x, weight, static_cast<std::int64_t>(kernels));
}

} // namespace mlvicx
