#include "mlvicx/gate_gpu.h"

#include "methods/kernels/gpu/maps.h"
#include "mlvicx/gpu/gate.cuh"

#include "gate_source.h"
#include "kernel_source.h"

#include <torch/torch.h>

namespace mlvicx::gate {

namespace {

using torch::Tensor;

KernelProgram program("the spatial gate",
                      {{"methods/kernels/gpu/kernel.cuh", kernel_source}, {"mlvicx/gpu/gate.cuh", gate_source}});

gpu::GateShape shape_of(const Tensor& x) {
    return {static_cast<int>(x.size(2)), static_cast<int>(x.size(3))};
}

template <typename Kernel> Grid grid_over(const Tensor& x) {
    const auto shape = shape_of(x);
    return {std::int64_t{shape.across()} * shape.down(), x.size(0), 1, Kernel::shared};
}

} // namespace

bool runs_on_gpu(const Tensor& x, const Tensor& weight) {
    using Shape = gpu::GateShape;
    const auto type = x.scalar_type();
    return (type == torch::kFloat32 || type == torch::kBFloat16) && weight.scalar_type() == torch::kFloat32 &&
           weight.sizes() == torch::IntArrayRef{1, Shape::planes, Shape::size, Shape::size} && x.numel() > 0 &&
           x.size(0) < 65'536 && program.runs_on(x.device());
}

void convolve_on_gpu(const Tensor& x, const Tensor& weight, const Tensor& y) {
    gpu::for_type(x, [&](auto type, const std::string& suffix) {
        using T = decltype(type);
        using Convolution = gpu::GateConvolution<T>;
        program.launch(
            "gate_convolution" + suffix, grid_over<Convolution>(x),
            typename Convolution::Args{shape_of(x), gpu::values<T>(x), gpu::values<float>(weight), gpu::values<T>(y)},
            x.device());
    });
}

Tensor convolve_backward_on_gpu(const Tensor& x, const Tensor& weight, const Tensor& grad_y, const Tensor& grad_x) {
    Tensor parts;
    gpu::for_type(x, [&](auto type, const std::string& suffix) {
        using T = decltype(type);
        using Backward = gpu::GateConvolutionBackward<T>;
        const auto grid = grid_over<Backward>(x);
        parts = at::empty({grid.x * grid.y, gpu::GateShape::weights}, weight.options());
        program.launch("gate_convolution_backward" + suffix, grid,
                       typename Backward::Args{shape_of(x), gpu::values<T>(x), gpu::values<T>(grad_y),
                                               gpu::values<float>(weight), gpu::values<T>(grad_x),
                                               gpu::values<float>(parts)},
                       x.device());
    });
    return parts;
}

} // namespace mlvicx::gate
