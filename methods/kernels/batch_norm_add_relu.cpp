#include "methods/kernels/batch_norm_add_relu.h"

#include "methods/kernels/batch_norm_kernels.h"

#include <torch/torch.h>

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

namespace mlvicx {

namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The pixels of a channels-last map, in blocks that fit into a core's cache; no block spans two views. Their number
/// does not depend on the number of threads, so neither do sums.
struct Blocks {
    std::int64_t views, rows, channels; ///< rows: pixels of all images of a view
    std::int64_t length, of_view;       ///< rows per block; blocks per view

    Blocks(const Tensor& map, std::int64_t number_of_views)
        : views(number_of_views), rows(map.numel() / map.size(1) / views), channels(map.size(1)),
          length(std::max<std::int64_t>(16, 32'768 / channels)), of_view((rows + length - 1) / length) {}

    /// Runs work(block index, view, first value, shape) for each.
    template <typename Work> void each(const Work& work) const {
        at::parallel_for(0, views * of_view, 1, [&](std::int64_t begin, std::int64_t end) {
            for (auto i = begin; i < end; ++i) {
                const auto view = i / of_view, first = i % of_view * length;
                work(i, view, (view * rows + first) * channels, norm::Block{std::min(length, rows - first), channels});
            }
        });
    }
    std::int64_t rows_of(std::int64_t i) const { return std::min(length, rows - i % of_view * length); }
};

/// One row of channels for each view or block.
template <typename A> struct Rows {
    std::int64_t channels;
    std::vector<A> values;
    Rows(std::int64_t count, std::int64_t width) : channels(width), values(static_cast<std::size_t>(count * width)) {}
    A* operator[](std::int64_t i) { return values.data() + i * channels; }
};

/// Sums term(block, channel, entry) over the blocks of each view.
template <typename A, typename Term> Rows<double> totals(const Blocks& blocks, Rows<A>& of_blocks, const Term& term) {
    Rows<double> result(blocks.views, blocks.channels);
    for (std::int64_t i = 0; i < blocks.views * blocks.of_view; ++i)
        for (std::int64_t c = 0; c < blocks.channels; ++c)
            result[i / blocks.of_view][c] += term(i, c, static_cast<double>(of_blocks[i][c]));
    return result;
}

/// Mean of each channel and sum of squared distances from it, by view: Chan, Golub and LeVeque (1983) over blocks.
template <typename T> std::pair<Rows<double>, Rows<double>> moments(const Blocks& blocks, const T* x) {
    const auto count = blocks.views * blocks.of_view;
    Rows<Accumulate<T>> means(count, blocks.channels), squares(count, blocks.channels);
    blocks.each([&](std::int64_t i, std::int64_t, std::int64_t first, norm::Block block) {
        norm::moments(block, x + first, means[i], squares[i]);
    });
    auto mean = totals(blocks, means, [&](std::int64_t i, std::int64_t, double of_block) {
        return of_block * static_cast<double>(blocks.rows_of(i)) / static_cast<double>(blocks.rows);
    });
    auto square = totals(blocks, squares, [&](std::int64_t i, std::int64_t c, double of_block) {
        const double distance = static_cast<double>(means[i][c]) - mean[i / blocks.of_view][c];
        return of_block + static_cast<double>(blocks.rows_of(i)) * distance * distance;
    });
    return {std::move(mean), std::move(square)};
}

/// What a norm needs besides its weights, and what follows it.
struct Layer {
    Tensor running_mean, running_variance;
    double momentum, epsilon;
    std::int64_t views;
    bool relu;
};

template <typename A> void update(const Tensor& running, std::int64_t c, double value, double momentum) {
    auto& entry = running.data_ptr<A>()[c];
    entry = static_cast<A>((1 - momentum) * static_cast<double>(entry) + momentum * value);
}

template <typename T> T* or_null(const Tensor& tensor) {
    return tensor.defined() && tensor.numel() > 0 ? tensor.data_ptr<T>() : nullptr;
}

/// One forward call: writes y and, for each view, mean and inverse standard deviation.
struct Forward {
    const Layer& layer;
    const Tensor &x, &weight, &bias;
    const Tensor& added; ///< empty if nothing is added
    Tensor mean, inverse_deviation, y;

    template <typename T> void run() const {
        using A = Accumulate<T>;
        const Blocks blocks(x, layer.views);
        auto [means, squares] = moments(blocks, x.data_ptr<T>());
        Rows<A> scale(blocks.views, blocks.channels), shift(blocks.views, blocks.channels);
        const auto n = static_cast<double>(blocks.rows);
        for (std::int64_t view = 0; view < blocks.views; ++view)
            for (std::int64_t c = 0; c < blocks.channels; ++c) {
                const double m = means[view][c], square = squares[view][c];
                update<A>(layer.running_mean, c, m, layer.momentum);
                update<A>(layer.running_variance, c, square / (n - 1), layer.momentum);
                const double inverse = 1 / std::sqrt(square / n + layer.epsilon);
                const double factor = inverse * static_cast<double>(weight.data_ptr<A>()[c]);
                mean.data_ptr<A>()[view * blocks.channels + c] = static_cast<A>(m);
                inverse_deviation.data_ptr<A>()[view * blocks.channels + c] = static_cast<A>(inverse);
                scale[view][c] = static_cast<A>(factor);
                shift[view][c] = static_cast<A>(static_cast<double>(bias.data_ptr<A>()[c]) - m * factor);
            }
        const T *from = x.data_ptr<T>(), *more = or_null<T>(added);
        T* to = y.data_ptr<T>();
        blocks.each([&](std::int64_t, std::int64_t view, std::int64_t first, norm::Block block) {
            norm::transform<T>(block, from + first, {scale[view], shift[view]}, more ? more + first : nullptr,
                               layer.relu, to + first);
        });
    }
};

/// The same call backward: writes the gradients of x, weight, bias and the added map.
struct Backward {
    std::int64_t views;
    const Tensor &x, &weight, &mean, &inverse_deviation;
    const Tensor& y; ///< undefined without ReLU
    const Tensor& grad_y;
    Tensor grad_x, grad_weight, grad_bias;
    Tensor grad_added; ///< undefined if nothing was added

    template <typename T> void run() const {
        using A = Accumulate<T>;
        const Blocks blocks(x, views);
        const T *from = x.data_ptr<T>(), *gradient = grad_y.data_ptr<T>(), *mask = or_null<T>(y);
        const A* means = mean.data_ptr<A>();
        const auto read = [&](std::int64_t view, std::int64_t first) {
            return norm::Passed<T>{from + first, means + view * blocks.channels, gradient + first,
                                   mask ? mask + first : nullptr};
        };
        const auto count = blocks.views * blocks.of_view;
        Rows<A> sums(count, blocks.channels), products(count, blocks.channels);
        // If ReLU's part is written anyway, the second pass reads it instead of the gradient and the mask.
        T* kept = mask && grad_added.defined() ? grad_added.data_ptr<T>() : nullptr;
        blocks.each([&](std::int64_t i, std::int64_t view, std::int64_t first, norm::Block block) {
            norm::gradient_sums(block, read(view, first), sums[i], products[i], kept ? kept + first : nullptr);
        });
        const auto all = [](std::int64_t, std::int64_t, double of_block) { return of_block; };
        auto sum = totals(blocks, sums, all), product = totals(blocks, products, all);

        Rows<A> a(blocks.views, blocks.channels), b(blocks.views, blocks.channels), c(blocks.views, blocks.channels);
        const auto n = static_cast<double>(blocks.rows);
        for (std::int64_t k = 0; k < blocks.channels; ++k) {
            double weight_gradient = 0, bias_gradient = 0;
            for (std::int64_t view = 0; view < blocks.views; ++view) {
                const auto inverse = static_cast<double>(inverse_deviation.data_ptr<A>()[view * blocks.channels + k]);
                const double scale = inverse * static_cast<double>(weight.data_ptr<A>()[k]);
                weight_gradient += product[view][k] * inverse;
                bias_gradient += sum[view][k];
                a[view][k] = static_cast<A>(scale);
                b[view][k] = static_cast<A>(-scale * inverse * inverse * product[view][k] / n);
                c[view][k] = static_cast<A>(-scale * sum[view][k] / n);
            }
            grad_weight.data_ptr<A>()[k] = static_cast<A>(weight_gradient);
            grad_bias.data_ptr<A>()[k] = static_cast<A>(bias_gradient);
        }
        T* to = grad_x.data_ptr<T>();
        if (kept) gradient = kept, mask = nullptr;
        blocks.each([&](std::int64_t, std::int64_t view, std::int64_t first, norm::Block block) {
            norm::transform_backward(block, read(view, first), a[view], b[view], c[view], to + first);
        });
    }
};

class BatchNormAddRelu : public torch::autograd::Function<BatchNormAddRelu> {
public:
    /// `added` is empty if nothing is added: autograd takes no undefined input.
    static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, const Tensor& bias,
                          const Tensor& added, const Layer& layer) {
        const auto mean = at::empty({layer.views, x.size(1)}, weight.options());
        const Forward pass{.layer = layer,
                           .x = x,
                           .weight = weight,
                           .bias = bias,
                           .added = added,
                           .mean = mean,
                           .inverse_deviation = at::empty_like(mean),
                           .y = at::empty_like(x)};
        AT_DISPATCH_FLOATING_TYPES_AND(torch::kBFloat16, x.scalar_type(), "batch_norm_add_relu",
                                       [&] { pass.run<scalar_t>(); });
        context->save_for_backward({x, weight, mean, pass.inverse_deviation, layer.relu ? pass.y : Tensor()});
        context->saved_data["views"] = layer.views;
        context->saved_data["adds"] = added.numel() > 0;
        return pass.y;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1], &y = saved[4];
        const auto grad_y = gradients[0].contiguous(torch::MemoryFormat::ChannelsLast);
        // The gradient that ReLU lets through is the added map's own gradient; without ReLU it is the whole gradient.
        const bool adds = context->saved_data["adds"].toBool();
        const auto grad_added = !adds ? Tensor() : y.defined() ? at::empty_like(x) : grad_y;
        const Backward pass{.views = context->saved_data["views"].toInt(),
                            .x = x,
                            .weight = weight,
                            .mean = saved[2],
                            .inverse_deviation = saved[3],
                            .y = y,
                            .grad_y = grad_y,
                            .grad_x = at::empty_like(x),
                            .grad_weight = at::empty_like(weight),
                            .grad_bias = at::empty_like(weight),
                            .grad_added = grad_added};
        AT_DISPATCH_FLOATING_TYPES_AND(torch::kBFloat16, x.scalar_type(), "batch_norm_add_relu_backward",
                                       [&] { pass.run<scalar_t>(); });
        return {pass.grad_x, pass.grad_weight, pass.grad_bias, pass.grad_added, Tensor()};
    }
};

bool fits(const BatchNorm& norm, const Tensor& x, std::int64_t views) {
    const auto parameters = x.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
    const bool known =
        parameters == x.scalar_type() || x.scalar_type() == torch::kBFloat16; // not half precision, nor integers
    return known && x.is_cpu() && x.dim() == 4 && x.is_contiguous(torch::MemoryFormat::ChannelsLast) &&
           norm->is_training() && norm->weight.scalar_type() == parameters && x.size(1) == norm->weight.size(0) &&
           x.size(0) % views == 0 && x.numel() / x.size(1) / views > 1;
}

} // namespace

Tensor BatchNormImpl::forward(const Tensor& x) {
    namespace F = torch::nn::functional;
    if (is_training()) num_batches_tracked.add_(1);
    return F::batch_norm(x, running_mean, running_var,
                         F::BatchNormFuncOptions()
                             .weight(weight)
                             .bias(bias)
                             .training(is_training())
                             .momentum(*options.momentum())
                             .eps(options.eps()));
}

Tensor batch_norm_add_relu(BatchNorm& norm, const Tensor& x, Activation activation, const Tensor& added) {
    const bool relu = activation == Activation::relu;
    const std::int64_t views = norm->is_training() ? norm->views : 1;
    if (!fits(norm, x, views)) {
        const auto run = [&](const Tensor& batch) { return norm->forward(batch); };
        auto y = views == 2 ? view_by_view(run, x) : run(x);
        if (added.defined()) y += added;
        return relu ? y.relu_() : y;
    }
    const auto laid = added.defined() ? added.to(x.scalar_type()).contiguous(torch::MemoryFormat::ChannelsLast)
                                      : torch::empty({0}, x.options());
    norm->num_batches_tracked.add_(views);
    return BatchNormAddRelu::apply(
        x, norm->weight, norm->bias, laid,
        Layer{norm->running_mean, norm->running_var, *norm->options.momentum(), norm->options.eps(), views, relu});
}

Tensor view_by_view(const std::function<Tensor(const Tensor&)>& norm, const Tensor& both) {
    const auto views = both.chunk(2);
    const auto first = norm(views[0]);
    const auto second = norm(views[1]);
    return torch::cat({first, second});
}

} // namespace mlvicx
