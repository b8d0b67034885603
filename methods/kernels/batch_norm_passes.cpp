#include "methods/kernels/batch_norm_passes.h"

#include "methods/device/shared_batch.h"
#include "methods/kernels/batch_norm_kernels.h"

#include <torch/torch.h>

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace mlvicx::norm {

namespace {

using torch::Tensor;

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
                work(i, view, (view * rows + first) * channels, Block{std::min(length, rows - first), channels});
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
template <typename T> std::pair<Rows<double>, Rows<double>> moments_of(const Blocks& blocks, const T* x) {
    const auto count = blocks.views * blocks.of_view;
    Rows<Accumulate<T>> means(count, blocks.channels), squares(count, blocks.channels);
    blocks.each([&](std::int64_t i, std::int64_t, std::int64_t first, Block block) {
        moments(block, x + first, means[i], squares[i]);
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

/// The sums of two kinds over all ranks that share the batch, in place.
void sum_over_ranks(Rows<double>& first, Rows<double>& second) {
    World* const world = SharedBatch::of_norms();
    if (world == nullptr) return;
    const auto count = std::ssize(first.values);
    const auto sums = at::empty({2, count}, at::kDouble);
    auto* values = sums.data_ptr<double>();
    std::copy(first.values.begin(), first.values.end(), values);
    std::copy(second.values.begin(), second.values.end(), values + count);
    world->sum(sums);
    std::copy(values, values + count, first.values.begin());
    std::copy(values + count, values + 2 * count, second.values.begin());
}

/// The moments of a batch of which each rank has `rows` rows: through the sums of x and of x^2, in float64.
void share_moments(Rows<double>& mean, Rows<double>& squares, double rows) {
    if (SharedBatch::of_norms() == nullptr) return;
    const double n = rows * static_cast<double>(SharedBatch::ranks_of_norms());
    for (std::size_t i = 0; i < mean.values.size(); ++i) {
        squares.values[i] += rows * mean.values[i] * mean.values[i];
        mean.values[i] *= rows;
    }
    sum_over_ranks(mean, squares);
    for (std::size_t i = 0; i < mean.values.size(); ++i) {
        mean.values[i] /= n;
        squares.values[i] = std::max(0.0, squares.values[i] - n * mean.values[i] * mean.values[i]);
    }
}

/// Rows of a view on all ranks that share the batch.
double all_rows(const Blocks& blocks) {
    return static_cast<double>(blocks.rows * SharedBatch::ranks_of_norms());
}

template <typename A> void update(const Tensor& running, std::int64_t c, double value, double momentum) {
    auto& entry = running.data_ptr<A>()[c];
    entry = static_cast<A>((1 - momentum) * static_cast<double>(entry) + momentum * value);
}

template <typename T> T* or_null(const Tensor& tensor) {
    return tensor.defined() && tensor.numel() > 0 ? tensor.data_ptr<T>() : nullptr;
}

/// A row of the statistics, [views, C].
template <typename A> A* statistic(const Tensor& statistics, int which) {
    return statistics.data_ptr<A>() + which * statistics.size(1) * statistics.size(2);
}

template <typename T> void forward(const Forward& pass) {
    using A = Accumulate<T>;
    const Layer& layer = pass.layer;
    const Blocks blocks(pass.x, layer.views);
    auto [means, squares] = moments_of(blocks, pass.x.data_ptr<T>());
    share_moments(means, squares, static_cast<double>(blocks.rows));
    A *mean = statistic<A>(pass.statistics, 0), *inverse_deviation = statistic<A>(pass.statistics, 1),
      *scale = statistic<A>(pass.statistics, 2), *shift = statistic<A>(pass.statistics, 3);
    const double n = all_rows(blocks);
    for (std::int64_t view = 0; view < blocks.views; ++view)
        for (std::int64_t c = 0; c < blocks.channels; ++c) {
            const double m = means[view][c], square = squares[view][c];
            update<A>(layer.running_mean, c, m, layer.momentum);
            update<A>(layer.running_variance, c, square / (n - 1), layer.momentum);
            const double inverse = 1 / std::sqrt(square / n + layer.epsilon);
            const double factor = inverse * static_cast<double>(pass.weight.data_ptr<A>()[c]);
            const auto place = view * blocks.channels + c;
            mean[place] = static_cast<A>(m);
            inverse_deviation[place] = static_cast<A>(inverse);
            scale[place] = static_cast<A>(factor);
            shift[place] = static_cast<A>(static_cast<double>(pass.bias.data_ptr<A>()[c]) - m * factor);
        }
    const T *from = pass.x.data_ptr<T>(), *more = or_null<T>(pass.added);
    T* to = pass.y.data_ptr<T>();
    blocks.each([&](std::int64_t, std::int64_t view, std::int64_t first, Block block) {
        const auto of_view = view * blocks.channels;
        transform<T>(block, from + first, {scale + of_view, shift + of_view}, more ? more + first : nullptr, layer.relu,
                     to + first);
    });
}

template <typename T> void backward(const Backward& pass) {
    using A = Accumulate<T>;
    const Blocks blocks(pass.x, pass.views);
    const T *from = pass.x.data_ptr<T>(), *gradient = pass.grad_y.data_ptr<T>(), *mask = or_null<T>(pass.y);
    const A *means = statistic<A>(pass.statistics, 0), *inverse_deviation = statistic<A>(pass.statistics, 1);
    // Without y its sign is recomputed: x is read anyway.
    const bool recomputes = pass.relu && mask == nullptr;
    const A *scale = statistic<A>(pass.statistics, 2), *shift = statistic<A>(pass.statistics, 3);
    const auto read = [&](std::int64_t view, std::int64_t first) {
        const auto row = view * blocks.channels;
        return Passed<T>{from + first, means + row, gradient + first, mask ? mask + first : nullptr,
                         recomputes ? Affine<T>{scale + row, shift + row} : Affine<T>{}};
    };
    const auto count = blocks.views * blocks.of_view;
    Rows<A> sums(count, blocks.channels), products(count, blocks.channels);
    // If ReLU's part is written anyway, the second pass reads it instead of the gradient and the mask.
    T* kept = mask && pass.grad_added.defined() ? pass.grad_added.data_ptr<T>() : nullptr;
    blocks.each([&](std::int64_t i, std::int64_t view, std::int64_t first, Block block) {
        gradient_sums(block, read(view, first), sums[i], products[i], kept ? kept + first : nullptr);
    });
    const auto all = [](std::int64_t, std::int64_t, double of_block) { return of_block; };
    auto own_sum = totals(blocks, sums, all), own_product = totals(blocks, products, all);
    auto sum = own_sum, product = own_product; // the weights' gradients are this rank's part
    sum_over_ranks(sum, product);

    Rows<A> a(blocks.views, blocks.channels), b(blocks.views, blocks.channels), c(blocks.views, blocks.channels);
    const double n = all_rows(blocks);
    for (std::int64_t k = 0; k < blocks.channels; ++k) {
        double weight_gradient = 0, bias_gradient = 0;
        for (std::int64_t view = 0; view < blocks.views; ++view) {
            const auto inverse = static_cast<double>(inverse_deviation[view * blocks.channels + k]);
            const double factor = inverse * static_cast<double>(pass.weight.data_ptr<A>()[k]);
            weight_gradient += own_product[view][k] * inverse;
            bias_gradient += own_sum[view][k];
            a[view][k] = static_cast<A>(factor);
            b[view][k] = static_cast<A>(-factor * inverse * inverse * product[view][k] / n);
            c[view][k] = static_cast<A>(-factor * sum[view][k] / n);
        }
        pass.grad_weight.data_ptr<A>()[k] = static_cast<A>(weight_gradient);
        pass.grad_bias.data_ptr<A>()[k] = static_cast<A>(bias_gradient);
    }
    T* to = pass.grad_x.data_ptr<T>();
    if (kept) gradient = kept, mask = nullptr;
    blocks.each([&](std::int64_t, std::int64_t view, std::int64_t first, Block block) {
        transform_backward(block, read(view, first), a[view], b[view], c[view], to + first);
    });
}

} // namespace

void run_on_cpu(const Forward& pass) {
    AT_DISPATCH_FLOATING_TYPES_AND(torch::kBFloat16, pass.x.scalar_type(), "batch_norm_add_relu",
                                   [&] { forward<scalar_t>(pass); });
}

void run_on_cpu(const Backward& pass) {
    AT_DISPATCH_FLOATING_TYPES_AND(torch::kBFloat16, pass.x.scalar_type(), "batch_norm_add_relu_backward",
                                   [&] { backward<scalar_t>(pass); });
}

} // namespace mlvicx::norm
