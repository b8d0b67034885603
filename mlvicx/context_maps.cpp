#include "mlvicx/context_maps.h"

#include "methods/kernels/for_samples.h"
#include "mlvicx/context_gpu.h"
#include "mlvicx/context_kernels.h"

#include <torch/torch.h>

namespace mlvicx {

namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

Tensor channels_last(const Tensor& map) {
    return map.contiguous(torch::MemoryFormat::ChannelsLast);
}

context::Shape shape_of(const Tensor& map) {
    return {map.size(2) * map.size(3), map.size(1)};
}

class OverPixels : public torch::autograd::Function<OverPixels> {
public:
    static variable_list forward(AutogradContext* context, const Tensor& x) {
        const auto map = channels_last(x);
        const auto mean = at::empty({x.size(0), x.size(1)}, x.options()), maximum = at::empty_like(mean);
        const auto position = at::empty(mean.sizes(), x.options().dtype(torch::kInt32));
        const bool on_gpu = context::runs_on_gpu(map);
        if (on_gpu)
            context::over_pixels_on_gpu(map, {mean, maximum, position});
        else
            for_samples(map, [&](auto type, std::int64_t n) {
                using T = decltype(type);
                context::over_pixels<T>(shape_of(map), row<T>(map, n),
                                        {row<T>(mean, n), row<T>(maximum, n), row<std::int32_t>(position, n)});
            });
        context->save_for_backward({position});
        context->saved_data["on_gpu"] = on_gpu;
        return {mean, maximum, map};
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto position = context->get_saved_variables()[0];
        const auto grad_mean = gradients[0].contiguous(), grad_maximum = gradients[1].contiguous();
        auto grad_x = channels_last(gradients[2]);
        if (context->saved_data["on_gpu"].toBool()) {
            grad_x = context::readable_on_gpu(grad_x);
            context::over_pixels_backward_on_gpu({grad_mean, grad_maximum, position}, grad_x);
            return {grad_x};
        }
        for_samples(grad_x, [&](auto type, std::int64_t n) {
            using T = decltype(type);
            context::over_pixels_backward<T>(
                shape_of(grad_x), {row<T>(grad_mean, n), row<T>(grad_maximum, n), row<std::int32_t>(position, n)},
                row<T>(grad_x, n));
        });
        return {grad_x};
    }
};

class OverChannels : public torch::autograd::Function<OverChannels> {
public:
    static variable_list forward(AutogradContext* context, const Tensor& x, const Tensor& given) {
        const auto map = channels_last(x), channels = given.contiguous();
        const auto mean = at::empty({x.size(0), x.size(2), x.size(3)}, x.options()), maximum = at::empty_like(mean);
        const auto position = at::empty(mean.sizes(), x.options().dtype(torch::kInt32));
        const bool on_gpu = context::runs_on_gpu(map);
        if (on_gpu)
            context::over_channels_on_gpu(map, channels, {mean, maximum, position});
        else
            for_samples(map, [&](auto type, std::int64_t n) {
                using T = decltype(type);
                context::over_channels<T>(shape_of(map), row<T>(map, n), row<T>(channels, n),
                                          {row<T>(mean, n), row<T>(maximum, n), row<std::int32_t>(position, n)});
            });
        context->save_for_backward({map, channels, position});
        context->saved_data["on_gpu"] = on_gpu;
        return {mean, maximum, map};
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &map = saved[0], &channels = saved[1], &position = saved[2];
        const auto grad_mean = gradients[0].contiguous(), grad_maximum = gradients[1].contiguous();
        const auto grad_channels = at::empty_like(channels);
        auto grad_x = channels_last(gradients[2]);
        if (context->saved_data["on_gpu"].toBool()) {
            grad_x = context::readable_on_gpu(grad_x);
            context::over_channels_backward_on_gpu(map, channels, {grad_mean, grad_maximum, position}, grad_x,
                                                   grad_channels);
            return {grad_x, grad_channels};
        }
        for_samples(map, [&](auto type, std::int64_t n) {
            using T = decltype(type);
            context::over_channels_backward<T>(
                shape_of(map), row<T>(map, n), row<T>(channels, n),
                {row<T>(grad_mean, n), row<T>(grad_maximum, n), row<std::int32_t>(position, n)}, row<T>(grad_x, n),
                row<T>(grad_channels, n));
        });
        return {grad_x, grad_channels};
    }
};

class Gated : public torch::autograd::Function<Gated> {
public:
    static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& given, const Tensor& gate) {
        const auto map = channels_last(x), channels = given.contiguous(), pixels = gate.contiguous();
        const auto y = at::empty_like(map);
        const bool on_gpu = context::runs_on_gpu(map);
        if (on_gpu)
            context::gated_on_gpu({map, channels, pixels}, y);
        else
            for_samples(map, [&](auto type, std::int64_t n) {
                using T = decltype(type);
                context::gated<T>(shape_of(map), {row<T>(map, n), row<T>(channels, n), row<T>(pixels, n)},
                                  row<T>(y, n));
            });
        context->save_for_backward({map, channels, pixels});
        context->saved_data["on_gpu"] = on_gpu;
        return y;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &map = saved[0], &channels = saved[1], &pixels = saved[2];
        const auto grad_y = channels_last(gradients[0]);
        const auto grad_x = at::empty_like(map), grad_channels = at::empty_like(channels),
                   grad_pixels = at::empty_like(pixels);
        if (context->saved_data["on_gpu"].toBool()) {
            context::gated_backward_on_gpu({map, channels, pixels}, grad_y, {grad_x, grad_channels, grad_pixels});
            return {grad_x, grad_channels, grad_pixels};
        }
        for_samples(map, [&](auto type, std::int64_t n) {
            using T = decltype(type);
            context::gated_backward<T>(shape_of(map), {row<T>(map, n), row<T>(channels, n), row<T>(pixels, n)},
                                       row<T>(grad_y, n),
                                       {row<T>(grad_x, n), row<T>(grad_channels, n), row<T>(grad_pixels, n)});
        });
        return {grad_x, grad_channels, grad_pixels};
    }
};

/// True if our own passes take x; else tensor operations do.
bool takes(const Tensor& x) {
    return x.is_cpu() || context::runs_on_gpu(x);
}

Tensor first(const std::tuple<Tensor, Tensor>& values_and_indices) {
    return std::get<0>(values_and_indices);
}

} // namespace

Pass over_pixels(const Tensor& x) {
    if (takes(x)) {
        const auto found = OverPixels::apply(x);
        return {torch::cat({found[0], found[1]}), found[2]};
    }
    // On [N, H W, C], the memory order of a channels-last map, so that gradients come back in its own layout. And max
    // with indices, not amax: its gradient goes to one position instead of counting ties over the whole map.
    const auto pixels = x.permute({0, 2, 3, 1}).flatten(1, 2);
    return {torch::cat({pixels.mean(1), first(pixels.max(1))}), x};
}

Pass over_channels(const Tensor& x, const Tensor& channels) {
    if (takes(x)) {
        const auto found = OverChannels::apply(x, channels.to(x.scalar_type()));
        return {torch::stack({found[0], found[1]}, 1), found[2]};
    }
    const auto rows = (x * channels.unsqueeze(2).unsqueeze(3)).permute({0, 2, 3, 1});
    return {torch::stack({rows.mean(3), first(rows.max(3))}, 1), x};
}

Tensor gated(const Tensor& x, const Tensor& channels, const Tensor& pixels) {
    if (takes(x)) return Gated::apply(x, channels.to(x.scalar_type()), pixels.to(x.scalar_type()));
    return x * channels.unsqueeze(2).unsqueeze(3) * pixels;
}

} // namespace mlvicx
