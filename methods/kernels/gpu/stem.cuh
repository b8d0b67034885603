#pragma once

// The input of the stem's convolution in blocks of 2 x 2 pixels. A thread has a pack of a block's eight values.

#include "methods/kernels/gpu/kernel.cuh"

namespace mlvicx::gpu {

/// blocks [images, high, wide, 8]: of each pixel of a block, row by row, its normalised grey value and a one, which
/// tells a pixel from the zeros beyond the image. Images of [height, width] begin `border` pixels after the first
/// block's.
template <typename T> struct StemBlocks : OnePhase {
    struct Args {
        int height, width, high, wide, border;
        float centre, spread;
        const float* grey;
        T* blocks;
    };

    /// Blocks of threads: x within an image, y over images.
    MLVICX_DEVICE static void first(const Args& args, Thread t, void*) {
        constexpr int packs = 8 / width<T>;
        const int number = t.x * threads + t.number, block = number / packs;
        const int row = block / args.wide, column = block - row * args.wide;
        if (row >= args.high) return;
        Pack<T> pack;
        each<T>([&](int k) {
            const int value = number % packs * width<T> + k;
            const int i = 2 * row + (value >> 2) - args.border, j = 2 * column + (value >> 1 & 1) - args.border;
            const bool inside = i >= 0 && i < args.height && j >= 0 && j < args.width;
            pack[k] = !inside ? 0
                      : value & 1
                          ? 1
                          : (args.grey[(Index{t.y} * args.height + i) * args.width + j] - args.centre) / args.spread;
        });
        store(pack, args.blocks + ((Index{t.y} * args.high * args.wide + block) * packs + number % packs) * width<T>);
    }
};

} // namespace mlvicx::gpu

MLVICX_KERNELS(stem_blocks, mlvicx::gpu::StemBlocks)
