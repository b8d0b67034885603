#include "methods/device/shared_batch.h"

#include "core/error.h"

#include <torch/torch.h>

#include <utility>
#include <vector>

namespace mlvicx {

namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

World* losses_of = nullptr;
World* norms_of = nullptr;

class WholeBatch : public torch::autograd::Function<WholeBatch> {
public:
    static Tensor forward(AutogradContext* context, const Tensor& z) {
        context->saved_data["rows"] = z.size(0);
        context->saved_data["rank"] = static_cast<std::int64_t>(losses_of->rank());
        return losses_of->gather(z);
    }
    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto rows = context->saved_data["rows"].toInt();
        return {gradients[0].narrow(0, context->saved_data["rank"].toInt() * rows, rows)};
    }
};

/// All axes but the channels'.
std::vector<std::int64_t> pixel_axes(const Tensor& x) {
    std::vector<std::int64_t> axes{0};
    for (std::int64_t axis = 2; axis < x.dim(); ++axis) axes.push_back(axis);
    return axes;
}

/// [C] as [1, C, 1, ...].
Tensor along_channels(const Tensor& values, const Tensor& x) {
    std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
    shape[1] = x.size(1);
    return values.view(shape);
}

Tensor widened(const Tensor& x) {
    return x.scalar_type() == torch::kFloat64 ? x : x.to(torch::kFloat32);
}

Tensor summed_over_ranks(std::initializer_list<Tensor> rows) {
    const auto sums = torch::stack(std::vector<Tensor>(rows)).to(torch::kFloat64).contiguous();
    norms_of->sum(sums);
    return sums;
}

class Normalised : public torch::autograd::Function<Normalised> {
public:
    /// `weight`, `bias`: empty if there are none.
    static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, const Tensor& bias,
                          const SharedNorm& norm) {
        const auto wide = widened(x);
        const auto axes = pixel_axes(x);
        const auto here = static_cast<double>(x.numel() / x.size(1));
        const double n = here * norms_of->size();
        const auto [own_variance, own_mean] = torch::var_mean(wide, axes, /*unbiased=*/false);
        // Sums of x and of x^2, in float64: from a rank's own moments, so that their difference loses nothing.
        const auto wide_mean = own_mean.to(torch::kFloat64);
        const auto sums =
            summed_over_ranks({here * wide_mean, here * (own_variance.to(torch::kFloat64) + wide_mean.square())});
        const auto mean = sums[0] / n, squares = (sums[1] - n * mean.square()).clamp_min(0);
        const auto update = [&](const Tensor& running, const Tensor& value) {
            if (running.defined()) running.mul_(1 - norm.momentum).add_(norm.momentum * value.to(running));
        };
        update(norm.running_mean, mean);
        update(norm.running_variance, squares / (n - 1));
        const auto inverse = (squares / n + norm.epsilon).rsqrt().to(wide), centre = mean.to(wide);
        const auto scale = weight.numel() > 0 ? inverse * weight : inverse;
        const auto shift = bias.numel() > 0 ? bias - centre * scale : -centre * scale;
        const auto y = torch::addcmul(along_channels(shift, x), wide, along_channels(scale, x));
        context->save_for_backward({x, weight, centre, inverse});
        context->saved_data["count"] = n;
        context->saved_data["has_bias"] = bias.numel() > 0;
        return y.to(x.scalar_type());
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1], &centre = saved[2], &inverse = saved[3];
        const double n = context->saved_data["count"].toDouble();
        ensure(norms_of != nullptr, "a batch norm's backward pass needs the ranks of its forward pass");
        const auto g = widened(gradients[0]), distance = widened(x) - along_channels(centre, x);
        const auto axes = pixel_axes(x);
        const auto own_sum = g.sum(axes), own_product = (g * distance).sum(axes);
        const auto sums = summed_over_ranks({own_sum, own_product}).to(g.scalar_type());
        const auto scale = weight.numel() > 0 ? inverse * weight : inverse;
        const auto slope = -scale * inverse.square() * sums[1] / n, offset = -scale * sums[0] / n;
        const auto of_gradient = torch::addcmul(along_channels(offset, x), g, along_channels(scale, x));
        const auto grad_x = torch::addcmul(of_gradient, distance, along_channels(slope, x));
        return {grad_x.to(x.scalar_type()), weight.numel() > 0 ? own_product * inverse : Tensor(),
                context->saved_data["has_bias"].toBool() ? own_sum : Tensor(), Tensor()};
    }
};

} // namespace

SharedBatch::SharedBatch(World& world, bool norms) {
    ensure(losses_of == nullptr, "a batch is shared once");
    losses_of = &world;
    norms_of = norms ? &world : nullptr;
}

SharedBatch::~SharedBatch() {
    losses_of = norms_of = nullptr;
}

World* SharedBatch::of_losses() {
    return losses_of;
}

World* SharedBatch::of_norms() {
    return norms_of;
}

std::int64_t SharedBatch::ranks_of_norms() {
    return norms_of != nullptr ? norms_of->size() : 1;
}

Tensor whole_batch(const Tensor& z) {
    return losses_of != nullptr ? WholeBatch::apply(z) : z;
}

Tensor shared_batch_norm(const Tensor& x, const SharedNorm& norm) {
    const auto or_empty = [&](const Tensor& tensor) {
        return tensor.defined() ? tensor : torch::empty({0}, x.options().dtype(torch::kFloat32));
    };
    return Normalised::apply(x, or_empty(norm.weight), or_empty(norm.bias), norm);
}

} // namespace mlvicx
