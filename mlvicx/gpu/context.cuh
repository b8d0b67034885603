#pragma once

// The passes of the context bottleneck over its channels-last maps: those of context_kernels.h, for all images at once.
// T is float or Bf16; sums in float. A part of the map is an image; everything that is [channels] or [pixels] there is
// [images, channels] or [images, pixels] here.

#include "methods/kernels/gpu/kernel.cuh"

namespace mlvicx::gpu {

/// A largest value and where it is first found. NaN is never one.
struct Maximum {
    float value;
    int position;

    MLVICX_DEVICE void put(float candidate, int at) {
        position = candidate > value ? at : position;
        value = candidate > value ? candidate : value;
    }
    /// Of two sets of values, in any order.
    MLVICX_DEVICE void join(float other, int at) {
        const bool takes = other > value || (other == value && at < position);
        position = takes ? at : position;
        value = takes ? other : value;
    }
};
MLVICX_DEVICE Maximum nothing_yet() {
    return {-infinity(), 0};
}

/// The results of a pass over a map, or of its blocks; and their gradients.
template <typename T> struct FoundMaps {
    T *mean, *maximum;
    int* position;
};
template <typename T> struct FoundGradients {
    const T *mean, *maximum;
    const int* position;
};

/// Sum and maximum over a block's pixels: [images, blocks, channels].
template <typename T> struct OverPixels {
    struct Args {
        Rows rows;
        const T* x;
        FoundMaps<float> of_blocks; ///< the sum, not yet the mean
    };
    static constexpr int phases = 2;
    static constexpr int values = threads * width<T>;
    static constexpr int shared = 3 * values * 4;

    MLVICX_DEVICE static void first(const Args& args, Thread t, void* memory) {
        const auto share = share_of<T>(args.rows, t);
        if (share.row >= share.step) return;
        auto sum = filled<T>(0);
        Maximum best[width<T>];
        each<T>([&](int k) { best[k] = nothing_yet(); });
        for (Index r = share.first; r < share.end; r += share.step) {
            const auto x = load(args.x + r * args.rows.channels + share.channel);
            const auto pixel = static_cast<int>(r - t.y * args.rows.rows);
            each<T>([&](int k) {
                sum[k] += x[k];
                best[k].put(x[k], pixel);
            });
        }
        const int place = share.row * args.rows.channels + share.channel;
        auto* sums = static_cast<float*>(memory) + place;
        auto* positions = static_cast<int*>(memory) + 2 * values + place;
        each<T>([&](int k) {
            sums[k] = sum[k];
            sums[values + k] = best[k].value;
            positions[k] = best[k].position;
        });
    }
    MLVICX_DEVICE static void second(const Args& args, Thread t, void* memory) {
        const auto* sums = static_cast<const float*>(memory);
        const auto* positions = static_cast<const int*>(memory) + 2 * values;
        for (int c = t.number; c < args.rows.channels; c += threads) {
            auto best = nothing_yet();
            for (int i = 0; i < args.rows.at_once(); ++i) {
                const int from = i * args.rows.channels + c;
                best.join(sums[values + from], positions[from]);
            }
            const Index to = (Index{t.y} * args.rows.blocks + t.x) * args.rows.channels + c;
            args.of_blocks.mean[to] = sum_of_rows(sums, args.rows, c);
            args.of_blocks.maximum[to] = best.value;
            args.of_blocks.position[to] = best.position;
        }
    }
};

/// Blocks' results to those of the images. A thread has a channel, x numbers groups of 256 of them, y the images.
template <typename T> struct FinishPixels : OnePhase {
    struct Args {
        Rows rows;
        FoundMaps<float> of_blocks;
        FoundMaps<T> found;
    };

    MLVICX_DEVICE static void first(const Args& args, Thread t, void*) {
        const int c = t.x * threads + t.number;
        if (c >= args.rows.channels) return;
        float sum = 0;
        auto best = nothing_yet();
        for (int b = 0; b < args.rows.blocks; ++b) {
            const Index from = (Index{t.y} * args.rows.blocks + b) * args.rows.channels + c;
            sum += args.of_blocks.mean[from];
            best.join(args.of_blocks.maximum[from], args.of_blocks.position[from]);
        }
        const Index to = Index{t.y} * args.rows.channels + c;
        narrow(sum / static_cast<float>(args.rows.rows), args.found.mean[to]);
        narrow(best.value, args.found.maximum[to]);
        args.found.position[to] = best.position;
    }
};

/// Adds to grad_x.
template <typename T> struct OverPixelsBackward : OnePhase {
    struct Args {
        Rows rows;
        FoundGradients<T> of_found;
        T* grad_x;
    };

    MLVICX_DEVICE static void first(const Args& args, Thread t, void*) {
        const auto share = share_of<T>(args.rows, t);
        if (share.first >= share.end) return;
        const Index of_image = Index{t.y} * args.rows.channels + share.channel;
        auto every = load(args.of_found.mean + of_image), top = load(args.of_found.maximum + of_image);
        int position[width<T>];
        each<T>([&](int k) {
            every[k] /= static_cast<float>(args.rows.rows);
            position[k] = args.of_found.position[of_image + k];
        });
        for (Index r = share.first; r < share.end; r += share.step) {
            const auto pixel = static_cast<int>(r - t.y * args.rows.rows);
            T* to = args.grad_x + r * args.rows.channels + share.channel;
            auto gradient = load(to);
            each<T>([&](int k) { gradient[k] += pixel == position[k] ? every[k] + top[k] : every[k]; });
            store(gradient, to);
        }
    }
};

/// Mean and maximum over the channels of x * channels. A block has four rows for each thread.
template <typename T> struct OverChannels {
    struct Args {
        Rows rows;
        const T *x, *channels;
        FoundMaps<T> found;
    };
    static constexpr int phases = 2;
    static constexpr int passes = 4, values = threads * passes;
    static constexpr int shared = 3 * values * 4;

    MLVICX_DEVICE static void first(const Args& args, Thread t, void* memory) {
        const auto share = share_of<T>(args.rows, t);
        if (share.first >= share.end) return;
        const auto scale = load(args.channels + Index{t.y} * args.rows.channels + share.channel);
        auto* sums = static_cast<float*>(memory);
        auto* positions = static_cast<int*>(memory) + 2 * values;
        Index place = share.lane * args.rows.length + share.row;
        for (Index r = share.first; r < share.end; r += share.step, place += share.step) {
            const auto x = load(args.x + r * args.rows.channels + share.channel);
            float sum = 0;
            auto best = nothing_yet();
            each<T>([&](int k) {
                const float value = x[k] * scale[k];
                sum += value;
                best.put(value, share.channel + k);
            });
            sums[place] = sum;
            sums[values + place] = best.value;
            positions[place] = best.position;
        }
    }
    MLVICX_DEVICE static void second(const Args& args, Thread t, void* memory) {
        const auto* sums = static_cast<const float*>(memory);
        const auto* positions = static_cast<const int*>(memory) + 2 * values;
        const Index begin = t.x * args.rows.length;
        for (Index i = t.number; i < args.rows.length && begin + i < args.rows.rows; i += threads) {
            float sum = 0;
            auto best = nothing_yet();
            for (int lane = 0; lane < args.rows.lanes; ++lane) {
                const Index from = lane * args.rows.length + i;
                sum += sums[from];
                best.put(sums[values + from], positions[from]); // lanes come in the channels' order
            }
            const Index to = t.y * args.rows.rows + begin + i;
            narrow(sum / static_cast<float>(args.rows.channels), args.found.mean[to]);
            narrow(best.value, args.found.maximum[to]);
            args.found.position[to] = best.position;
        }
    }
};

/// Sums of a block's channels, from what its threads left in shared memory, to [images, blocks, channels].
MLVICX_DEVICE void write_sums(const float* sums, const Rows& rows, Thread t, float* of_blocks) {
    for (int c = t.number; c < rows.channels; c += threads)
        of_blocks[(Index{t.y} * rows.blocks + t.x) * rows.channels + c] = sum_of_rows(sums, rows, c);
}

/// Adds to grad_x, and sums each block's part of the channels' gradient.
template <typename T> struct OverChannelsBackward {
    struct Args {
        Rows rows;
        const T *x, *channels;
        FoundGradients<T> of_found;
        T* grad_x;
        float* of_blocks;
    };
    static constexpr int phases = 2;
    static constexpr int shared = threads * width<T> * 4;

    MLVICX_DEVICE static void first(const Args& args, Thread t, void* memory) {
        const auto share = share_of<T>(args.rows, t);
        if (share.row >= share.step) return;
        const auto scale = load(args.channels + Index{t.y} * args.rows.channels + share.channel);
        auto sum = filled<T>(0);
        for (Index r = share.first; r < share.end; r += share.step) {
            const float every = widened(args.of_found.mean[r]) / static_cast<float>(args.rows.channels);
            const float top = widened(args.of_found.maximum[r]);
            const int largest = args.of_found.position[r] - share.channel;
            const auto x = load(args.x + r * args.rows.channels + share.channel);
            T* to = args.grad_x + r * args.rows.channels + share.channel;
            auto gradient = load(to);
            each<T>([&](int k) {
                const float of_value = k == largest ? every + top : every;
                sum[k] += of_value * x[k];
                gradient[k] += of_value * scale[k];
            });
            store(gradient, to);
        }
        auto* sums = static_cast<float*>(memory) + share.row * args.rows.channels + share.channel;
        each<T>([&](int k) { sums[k] = sum[k]; });
    }
    MLVICX_DEVICE static void second(const Args& args, Thread t, void* memory) {
        write_sums(static_cast<const float*>(memory), args.rows, t, args.of_blocks);
    }
};

/// Sums of blocks to those of the images. Threads as in FinishPixels.
template <typename T> struct FinishSums : OnePhase {
    struct Args {
        Rows rows;
        const float* of_blocks;
        T* sums;
    };

    MLVICX_DEVICE static void first(const Args& args, Thread t, void*) {
        const int c = t.x * threads + t.number;
        if (c >= args.rows.channels) return;
        float sum = 0;
        for (int b = 0; b < args.rows.blocks; ++b)
            sum += args.of_blocks[(Index{t.y} * args.rows.blocks + b) * args.rows.channels + c];
        narrow(sum, args.sums[Index{t.y} * args.rows.channels + c]);
    }
};

} // namespace mlvicx::gpu

MLVICX_KERNELS(over_pixels, mlvicx::gpu::OverPixels)
MLVICX_KERNELS(finish_pixels, mlvicx::gpu::FinishPixels)
MLVICX_KERNELS(over_pixels_backward, mlvicx::gpu::OverPixelsBackward)
MLVICX_KERNELS(over_channels, mlvicx::gpu::OverChannels)
MLVICX_KERNELS(over_channels_backward, mlvicx::gpu::OverChannelsBackward)
MLVICX_KERNELS(finish_sums, mlvicx::gpu::FinishSums)
