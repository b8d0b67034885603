#pragma once

// The pooling behind the stem: the passes of max_pool_kernels.h. A thread has one place of a map and a pack of its
// channels.

#include "methods/kernels/gpu/kernel.cuh"

namespace mlvicx::gpu {

/// Images of [height, width, channels], and their windows' rows and columns: 3x3, stride 2, the first centred on the
/// first pixel. A window's taps are counted row by row, 0 to 8.
struct PoolShape {
    int height, width, channels;

    MLVICX_DEVICE int rows() const { return (height + 1) / 2; }
    MLVICX_DEVICE int columns() const { return (width + 1) / 2; }
};

/// The taps of a pack's maxima.
template <typename T> struct Taps {
    static constexpr int count = width<T>;
    alignas(count) unsigned char values[count];
};

/// A thread's place in a map of [images, rows, columns], and its first channel. Blocks are numbered by x within an
/// image and by y over the images.
struct PoolPlace {
    int row, column, channel;
    Index value; ///< the channel's, in the whole map
    bool inside;

    template <typename T> MLVICX_DEVICE static PoolPlace of(int rows, int columns, int channels, Thread t) {
        const auto packs = static_cast<unsigned>(channels / width<T>);
        const auto number = static_cast<unsigned>(t.x * threads + t.number), pixel = number / packs;
        const auto row = static_cast<int>(pixel / static_cast<unsigned>(columns));
        const auto channel = static_cast<int>(number % packs) * width<T>;
        return {row, static_cast<int>(pixel) - row * columns, channel,
                (Index{t.y} * rows * columns + pixel) * channels + channel, row < rows};
    }
};

/// y: each window's largest value (NaN exceeds all); taps: its position, the first among equals.
template <typename T> struct Largest : OnePhase {
    struct Args {
        PoolShape shape;
        const T* x;
        T* y;
        unsigned char* taps;
    };

    MLVICX_DEVICE static void first(const Args& args, Thread t, void*) {
        const auto& shape = args.shape;
        const auto place = PoolPlace::of<T>(shape.rows(), shape.columns(), shape.channels, t);
        if (!place.inside) return;
        const float first = static_cast<float>((place.row == 0 ? 3 : 0) + (place.column == 0 ? 1 : 0));
        auto best = filled<T>(-infinity()), taps = filled<T>(first);
        for (int r = 0; r < 3; ++r)
            for (int c = 0; c < 3; ++c) {
                const int i = 2 * place.row + r - 1, j = 2 * place.column + c - 1;
                if (i < 0 || i >= shape.height || j < 0 || j >= shape.width) continue;
                const Index pixel = (Index{t.y} * shape.height + i) * shape.width + j;
                const auto x = load(args.x + pixel * shape.channels + place.channel);
                each<T>([&](int k) {
                    const bool takes = x[k] > best[k] || x[k] != x[k];
                    best[k] = takes ? x[k] : best[k];
                    taps[k] = takes ? static_cast<float>(3 * r + c) : taps[k];
                });
            }
        store(best, args.y + place.value);
        Taps<T> narrow;
        each<T>([&](int k) { narrow.values[k] = static_cast<unsigned char>(taps[k]); });
        *reinterpret_cast<Taps<T>*>(args.taps + place.value) = narrow;
    }
};

/// grad_x: for each pixel the sum of the gradients of the windows whose maximum it is.
template <typename T> struct LargestBackward : OnePhase {
    struct Args {
        PoolShape shape;
        const T* grad_y;
        const unsigned char* taps;
        T* grad_x;
    };

    MLVICX_DEVICE static void first(const Args& args, Thread t, void*) {
        const auto& shape = args.shape;
        const auto place = PoolPlace::of<T>(shape.height, shape.width, shape.channels, t);
        if (!place.inside) return;
        auto sum = filled<T>(0);
        // A pixel of an even row is the centre of one window's; of an odd row the last of one and the first of the
        // next.
        for (int r = place.row / 2; r <= (place.row + 1) / 2 && r < shape.rows(); ++r)
            for (int c = place.column / 2; c <= (place.column + 1) / 2 && c < shape.columns(); ++c) {
                const Index from =
                    ((Index{t.y} * shape.rows() + r) * shape.columns() + c) * shape.channels + place.channel;
                const int own = 3 * (place.row - 2 * r + 1) + place.column - 2 * c + 1;
                const auto gradient = load(args.grad_y + from);
                const auto taps = *reinterpret_cast<const Taps<T>*>(args.taps + from);
                each<T>([&](int k) { sum[k] += taps.values[k] == own ? gradient[k] : 0; });
            }
        store(sum, args.grad_x + place.value);
    }
};

} // namespace mlvicx::gpu

MLVICX_KERNELS(largest, mlvicx::gpu::Largest)
MLVICX_KERNELS(largest_backward, mlvicx::gpu::LargestBackward)
