#pragma once

// The last pass of the context bottleneck: its map times both gates, and the gradients.

#include "mlvicx/gpu/context.cuh"

namespace mlvicx::gpu {

/// y = x * channels * pixels.
template <typename T> struct Gated : OnePhase {
    struct Args {
        Rows rows;
        const T *x, *channels, *pixels;
        T* y;
    };

    MLVICX_DEVICE static void first(const Args& args, Thread t, void*) {
        const auto share = share_of<T>(args.rows, t);
        if (share.first >= share.end) return;
        const auto scale = load(args.channels + Index{t.y} * args.rows.channels + share.channel);
        for (Index r = share.first; r < share.end; r += share.step) {
            const Index place = r * args.rows.channels + share.channel;
            const float gate = widened(args.pixels[r]);
            auto y = load(args.x + place);
            each<T>([&](int k) { y[k] = y[k] * scale[k] * gate; });
            store(y, args.y + place);
        }
    }
};

/// The gradients of x and of the pixels' gate, and each block's part of the channels' gradient. A block has at most
/// sixteen rows for each thread.
template <typename T> struct GatedBackward {
    struct Args {
        Rows rows;
        const T *x, *channels, *pixels, *grad_y;
        T *grad_x, *grad_pixels;
        float* of_blocks;
    };
    static constexpr int phases = 2;
    static constexpr int passes = 16, values = threads * passes;
    static constexpr int shared = (values + threads * width<T>)*4;

    MLVICX_DEVICE static void first(const Args& args, Thread t, void* memory) {
        const auto share = share_of<T>(args.rows, t);
        if (share.row >= share.step) return;
        const auto scale = load(args.channels + Index{t.y} * args.rows.channels + share.channel);
        auto sum = filled<T>(0);
        auto* of_lanes = static_cast<float*>(memory) + share.lane * args.rows.length + share.row;
        for (Index r = share.first; r < share.end; r += share.step, of_lanes += share.step) {
            const Index place = r * args.rows.channels + share.channel;
            const float gate = widened(args.pixels[r]);
            const auto x = load(args.x + place);
            auto gradient = load(args.grad_y + place);
            float of_gate = 0;
            each<T>([&](int k) {
                const float product = gradient[k] * x[k];
                sum[k] += product * gate;
                of_gate += product * scale[k];
                gradient[k] = gradient[k] * scale[k] * gate;
            });
            store(gradient, args.grad_x + place);
            *of_lanes = of_gate;
        }
        auto* sums = static_cast<float*>(memory) + values + share.row * args.rows.channels + share.channel;
        each<T>([&](int k) { sums[k] = sum[k]; });
    }
    MLVICX_DEVICE static void second(const Args& args, Thread t, void* memory) {
        const auto* of_lanes = static_cast<const float*>(memory);
        const Index begin = t.x * args.rows.length;
        for (Index i = t.number; i < args.rows.length && begin + i < args.rows.rows; i += threads) {
            float sum = 0;
            for (int lane = 0; lane < args.rows.lanes; ++lane) sum += of_lanes[lane * args.rows.length + i];
            narrow(sum, args.grad_pixels[t.y * args.rows.rows + begin + i]);
        }
        write_sums(of_lanes + values, args.rows, t, args.of_blocks);
    }
};

} // namespace mlvicx::gpu

MLVICX_KERNELS(gated, mlvicx::gpu::Gated)
MLVICX_KERNELS(gated_backward, mlvicx::gpu::GatedBackward)
