#pragma once

// Batch norm of a channels-last map, with what follows it in its layer: the passes of batch_norm_kernels.h. T is float
// or Bf16; sums in float, sums of blocks in double. A part of the map is a view.

#include "methods/kernels/gpu/kernel.cuh"

namespace mlvicx::gpu {

/// A sum of a block and a second one: [parts, blocks, channels] each.
struct BlockSums {
    float *first, *second;
};

/// Mean of each channel over a block's rows, and sum of squared distances from it.
template <typename T> struct Moments {
    struct Args {
        Rows rows;
        const T* x;
        BlockSums mean_and_squares;
    };
    static constexpr int phases = 2;
    static constexpr int shared = 2 * threads * width<T> * 4; ///< bytes

    /// Distances from the block's first row: sums of squares of the values themselves would cancel.
    MLVICX_DEVICE static const T* origin(const Args& args, Thread t) {
        return args.x + (t.y * args.rows.rows + t.x * args.rows.length) * args.rows.channels;
    }
    MLVICX_DEVICE static void first(const Args& args, Thread t, void* memory) {
        const auto share = share_of<T>(args.rows, t);
        if (share.row >= share.step) return;
        const auto from = load(origin(args, t) + share.channel);
        auto sum = filled<T>(0), squares = filled<T>(0);
        for (Index r = share.first; r < share.end; r += share.step) {
            const auto x = load(args.x + r * args.rows.channels + share.channel);
            each<T>([&](int k) {
                const float distance = x[k] - from[k];
                sum[k] += distance;
                squares[k] += distance * distance;
            });
        }
        auto* sums = static_cast<float*>(memory) + share.row * args.rows.channels + share.channel;
        each<T>([&](int k) {
            sums[k] = sum[k];
            sums[threads * width<T> + k] = squares[k];
        });
    }
    MLVICX_DEVICE static void second(const Args& args, Thread t, void* memory) {
        const auto* sums = static_cast<const float*>(memory);
        const Index left = args.rows.rows - t.x * args.rows.length;
        const auto count = static_cast<float>(left < args.rows.length ? left : args.rows.length);
        const Index place = (Index{t.y} * args.rows.blocks + t.x) * args.rows.channels;
        for (int c = t.number; c < args.rows.channels; c += threads) {
            const float sum = sum_of_rows(sums, args.rows, c), shift = sum / count;
            const float squares = sum_of_rows(sums + threads * width<T>, args.rows, c) - sum * shift;
            args.mean_and_squares.first[place + c] = widened(origin(args, t)[c]) + shift;
            args.mean_and_squares.second[place + c] = squares < 0 ? 0 : squares;
        }
    }
};

/// The statistics of the views: [views, channels] each.
struct Statistics {
    float *mean, *inverse_deviation, *scale, *shift; ///< y = scale x + shift
};

/// A block's threads that finish its eight channels: each adds every 32nd block of rows.
struct Finisher {
    static constexpr int channels = 8, helpers = threads / channels;
    int channel, helper;

    MLVICX_DEVICE explicit Finisher(Thread t)
        : channel(t.x * channels + t.number % channels), helper(t.number / channels) {}
    /// The helpers' values of a channel, [2 quantities x 2 views, helpers, channels].
    MLVICX_DEVICE double& value(void* memory, int quantity) const {
        return static_cast<double*>(memory)[(quantity * helpers + helper) * channels + channel % channels];
    }
    MLVICX_DEVICE double total(void* memory, int quantity) const {
        double sum = 0;
        for (int i = 0; i < helpers; ++i)
            sum += static_cast<const double*>(memory)[(quantity * helpers + i) * channels + channel % channels];
        return sum;
    }
    static constexpr int shared = 4 * threads * 8;
};

MLVICX_DEVICE Index rows_of_block(const Rows& rows, int block) {
    const Index left = rows.rows - block * rows.length;
    return left < rows.length ? left : rows.length;
}

/// Blocks' moments to those of the views (Chan, Golub and LeVeque, 1983), and the running statistics, the first view
/// before the second. At most two views.
struct FinishMoments {
    struct Args {
        Rows rows;
        BlockSums mean_and_squares;
        const float *weight, *bias;
        float *running_mean, *running_variance;
        double momentum, epsilon;
        Statistics result;
    };
    static constexpr int phases = 3;
    static constexpr int shared = Finisher::shared;

    MLVICX_DEVICE static void first(const Args& args, Thread t, void* memory) {
        const Finisher me(t);
        if (me.channel >= args.rows.channels) return;
        for (int view = 0; view < args.rows.parts; ++view) {
            double sum = 0;
            for (int b = me.helper; b < args.rows.blocks; b += Finisher::helpers) {
                const Index place = (Index{view} * args.rows.blocks + b) * args.rows.channels + me.channel;
                sum += static_cast<double>(args.mean_and_squares.first[place]) *
                       static_cast<double>(rows_of_block(args.rows, b)) / static_cast<double>(args.rows.rows);
            }
            me.value(memory, view) = sum;
        }
    }
    MLVICX_DEVICE static void second(const Args& args, Thread t, void* memory) {
        const Finisher me(t);
        if (me.channel >= args.rows.channels) return;
        for (int view = 0; view < args.rows.parts; ++view) {
            const double mean = me.total(memory, view);
            double sum = 0;
            for (int b = me.helper; b < args.rows.blocks; b += Finisher::helpers) {
                const Index place = (Index{view} * args.rows.blocks + b) * args.rows.channels + me.channel;
                const double distance = static_cast<double>(args.mean_and_squares.first[place]) - mean;
                sum += static_cast<double>(args.mean_and_squares.second[place]) +
                       static_cast<double>(rows_of_block(args.rows, b)) * distance * distance;
            }
            me.value(memory, 2 + view) = sum;
        }
    }
    MLVICX_DEVICE static void third(const Args& args, Thread t, void* memory) {
        const Finisher me(t);
        const int c = me.channel;
        if (c >= args.rows.channels || me.helper > 0) return;
        const auto n = static_cast<double>(args.rows.rows);
        const auto update = [&](float& running, double value) {
            running = static_cast<float>((1 - args.momentum) * static_cast<double>(running) + args.momentum * value);
        };
        for (int view = 0; view < args.rows.parts; ++view) {
            const double mean = me.total(memory, view), squares = me.total(memory, 2 + view);
            update(args.running_mean[c], mean);
            update(args.running_variance[c], squares / (n - 1));
            const double inverse = 1 / sqrt(squares / n + args.epsilon);
            const double factor = inverse * static_cast<double>(args.weight[c]);
            const int place = view * args.rows.channels + c;
            args.result.mean[place] = static_cast<float>(mean);
            args.result.inverse_deviation[place] = static_cast<float>(inverse);
            args.result.scale[place] = static_cast<float>(factor);
            args.result.shift[place] = static_cast<float>(static_cast<double>(args.bias[c]) - mean * factor);
        }
    }
};

/// y = scale x + shift + added; clamped to at least 0 if `relu`.
template <typename T> struct Transform : OnePhase {
    struct Args {
        Rows rows;
        const T* x;
        const float *scale, *shift;
        const T* added; ///< or null
        bool relu;
        T* y;
    };

    MLVICX_DEVICE static void first(const Args& args, Thread t, void*) {
        const auto share = share_of<T>(args.rows, t);
        const int of_view = t.y * args.rows.channels + share.channel;
        if (share.first >= share.end) return;
        const auto scale = load_floats<T>(args.scale + of_view), shift = load_floats<T>(args.shift + of_view);
        for (Index r = share.first; r < share.end; r += share.step) {
            const Index place = r * args.rows.channels + share.channel;
            auto y = load(args.x + place);
            each<T>([&](int k) { y[k] = y[k] * scale[k] + shift[k]; });
            if (args.added) {
                const auto added = load(args.added + place);
                each<T>([&](int k) { y[k] += added[k]; });
            }
            if (args.relu) each<T>([&](int k) { y[k] = y[k] < 0 ? 0 : y[k]; });
            store(y, args.y + place);
        }
    }
};

} // namespace mlvicx::gpu

MLVICX_KERNELS(moments, mlvicx::gpu::Moments)
MLVICX_KERNEL(finish_moments, mlvicx::gpu::FinishMoments)
MLVICX_KERNELS(transform, mlvicx::gpu::Transform)
