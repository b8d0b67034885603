#pragma once

// The gradients of batch norm with what follows it in its layer: the backward passes of batch_norm_kernels.h.

#include "methods/kernels/gpu/batch_norm.cuh"

namespace mlvicx::gpu {

/// Inputs of both backward passes. g is grad_y where ReLU let x through: where y > 0, or where scale x + shift > 0,
/// which saves reading y if nothing was added to it; everywhere without either.
template <typename T> struct Passed {
    const T *x, *grad_y;
    const T* y; ///< or null
    Statistics of_views;
    bool mask_from_x;
};

/// A thread's channels of one view, in registers.
template <typename T> struct PassedChannels {
    Pack<T> mean, scale, shift;

    MLVICX_DEVICE PassedChannels(const Passed<T>& in, int of_view) : mean(load_floats<T>(in.of_views.mean + of_view)) {
        if (!in.mask_from_x) return;
        scale = load_floats<T>(in.of_views.scale + of_view);
        shift = load_floats<T>(in.of_views.shift + of_view);
    }
    /// g and x - mean at a place. NaN passes its gradient on, as in LibTorch.
    MLVICX_DEVICE void read(const Passed<T>& in, Index place, Pack<T>& g, Pack<T>& distance) const {
        g = load(in.grad_y + place);
        const auto x = load(in.x + place);
        if (in.mask_from_x) each<T>([&](int k) { g[k] = x[k] * scale[k] + shift[k] <= 0 ? 0 : g[k]; });
        if (in.y) {
            const auto y = load(in.y + place);
            each<T>([&](int k) { g[k] = y[k] <= 0 ? 0 : g[k]; });
        }
        each<T>([&](int k) { distance[k] = x[k] - mean[k]; });
    }
};

/// A block's sums of g and of g (x - mean); writes g itself if asked.
template <typename T> struct GradientSums {
    struct Args {
        Rows rows;
        Passed<T> in;
        BlockSums sum_and_product;
        T* g; ///< or null
    };
    static constexpr int phases = 2;
    static constexpr int shared = Moments<T>::shared;

    MLVICX_DEVICE static void first(const Args& args, Thread t, void* memory) {
        const auto share = share_of<T>(args.rows, t);
        if (share.row >= share.step) return;
        const PassedChannels<T> channels(args.in, t.y * args.rows.channels + share.channel);
        auto sum = filled<T>(0), product = filled<T>(0);
        for (Index r = share.first; r < share.end; r += share.step) {
            const Index place = r * args.rows.channels + share.channel;
            Pack<T> g, distance;
            channels.read(args.in, place, g, distance);
            each<T>([&](int k) {
                sum[k] += g[k];
                product[k] += g[k] * distance[k];
            });
            if (args.g) store(g, args.g + place);
        }
        auto* sums = static_cast<float*>(memory) + share.row * args.rows.channels + share.channel;
        each<T>([&](int k) {
            sums[k] = sum[k];
            sums[threads * width<T> + k] = product[k];
        });
    }
    MLVICX_DEVICE static void second(const Args& args, Thread t, void* memory) {
        const auto* sums = static_cast<const float*>(memory);
        const Index place = (Index{t.y} * args.rows.blocks + t.x) * args.rows.channels;
        for (int c = t.number; c < args.rows.channels; c += threads) {
            args.sum_and_product.first[place + c] = sum_of_rows(sums, args.rows, c);
            args.sum_and_product.second[place + c] = sum_of_rows(sums + threads * width<T>, args.rows, c);
        }
    }
};

/// grad_x = a g + b (x - mean) + c: [views, channels] each.
struct Factors {
    float *a, *b, *c;
};

struct FinishGradients {
    struct Args {
        Rows rows;
        BlockSums sum_and_product;
        const float *weight, *inverse_deviation;
        Factors factors;
        float *grad_weight, *grad_bias;
    };
    static constexpr int phases = 2;
    static constexpr int shared = Finisher::shared;

    MLVICX_DEVICE static void first(const Args& args, Thread t, void* memory) {
        const Finisher me(t);
        if (me.channel >= args.rows.channels) return;
        for (int view = 0; view < args.rows.parts; ++view) {
            double sum = 0, product = 0;
            for (int b = me.helper; b < args.rows.blocks; b += Finisher::helpers) {
                const Index place = (Index{view} * args.rows.blocks + b) * args.rows.channels + me.channel;
                sum += static_cast<double>(args.sum_and_product.first[place]);
                product += static_cast<double>(args.sum_and_product.second[place]);
            }
            me.value(memory, view) = sum;
            me.value(memory, 2 + view) = product;
        }
    }
    MLVICX_DEVICE static void second(const Args& args, Thread t, void* memory) {
        const Finisher me(t);
        const int c = me.channel;
        if (c >= args.rows.channels || me.helper > 0) return;
        const auto n = static_cast<double>(args.rows.rows);
        double weight_gradient = 0, bias_gradient = 0;
        for (int view = 0; view < args.rows.parts; ++view) {
            const int place = view * args.rows.channels + c;
            const double sum = me.total(memory, view), product = me.total(memory, 2 + view);
            const auto inverse = static_cast<double>(args.inverse_deviation[place]);
            const double scale = inverse * static_cast<double>(args.weight[c]);
            weight_gradient += product * inverse;
            bias_gradient += sum;
            args.factors.a[place] = static_cast<float>(scale);
            args.factors.b[place] = static_cast<float>(-scale * inverse * inverse * product / n);
            args.factors.c[place] = static_cast<float>(-scale * sum / n);
        }
        args.grad_weight[c] = static_cast<float>(weight_gradient);
        args.grad_bias[c] = static_cast<float>(bias_gradient);
    }
};

template <typename T> struct TransformBackward : OnePhase {
    struct Args {
        Rows rows;
        Passed<T> in;
        Factors factors;
        T* grad_x;
    };

    MLVICX_DEVICE static void first(const Args& args, Thread t, void*) {
        const auto share = share_of<T>(args.rows, t);
        if (share.first >= share.end) return;
        const int of_view = t.y * args.rows.channels + share.channel;
        const PassedChannels<T> channels(args.in, of_view);
        const auto a = load_floats<T>(args.factors.a + of_view), b = load_floats<T>(args.factors.b + of_view),
                   c = load_floats<T>(args.factors.c + of_view);
        for (Index r = share.first; r < share.end; r += share.step) {
            const Index place = r * args.rows.channels + share.channel;
            Pack<T> g, distance;
            channels.read(args.in, place, g, distance);
            each<T>([&](int k) { g[k] = a[k] * g[k] + b[k] * distance[k] + c[k]; });
            store(g, args.grad_x + place);
        }
    }
};

} // namespace mlvicx::gpu

MLVICX_KERNELS(gradient_sums, mlvicx::gpu::GradientSums)
MLVICX_KERNEL(finish_gradients, mlvicx::gpu::FinishGradients)
MLVICX_KERNELS(transform_backward, mlvicx::gpu::TransformBackward)
