#pragma once

// The convolution of the spatial gate: gate_kernels.h for two planes and a 7x7 kernel, all images at once. A block has
// a tile of 32 x 8 pixels of an image, x numbers the tiles, y the images.

#include "methods/kernels/gpu/kernel.cuh"

namespace mlvicx::gpu {

struct GateShape {
    static constexpr int planes = 2, size = 7, border = size / 2, weights = planes * size * size;
    static constexpr int tile_width = 32, tile_height = threads / tile_width;
    static constexpr int wide = tile_width + size - 1, high = tile_height + size - 1; ///< a tile and its border
    int height, width;

    MLVICX_DEVICE int across() const { return (width + tile_width - 1) / tile_width; }
    MLVICX_DEVICE int down() const { return (height + tile_height - 1) / tile_height; }
};

/// A thread's pixel.
struct GatePixel {
    int row, column;             ///< in its tile
    int first_row, first_column; ///< of the tile, in the image
    bool inside;
    Index place; ///< in a plane

    MLVICX_DEVICE GatePixel(const GateShape& shape, Thread t)
        : row(t.number / GateShape::tile_width), column(t.number % GateShape::tile_width),
          first_row(t.x / shape.across() * GateShape::tile_height),
          first_column(t.x % shape.across() * GateShape::tile_width),
          inside(first_row + row < shape.height && first_column + column < shape.width),
          place(Index{first_row + row} * shape.width + first_column + column) {}
};

/// Copies a tile of a plane with its border, zeros outside of the plane.
template <typename T>
MLVICX_DEVICE void read_tile(const GateShape& shape, const GatePixel& pixel, Thread t, const T* plane, float* to) {
    for (int i = t.number; i < GateShape::high * GateShape::wide; i += threads) {
        const int row = pixel.first_row - GateShape::border + i / GateShape::wide;
        const int column = pixel.first_column - GateShape::border + i % GateShape::wide;
        const bool inside = row >= 0 && row < shape.height && column >= 0 && column < shape.width;
        to[i] = inside ? widened(plane[Index{row} * shape.width + column]) : 0;
    }
}

template <typename T> struct GateConvolution {
    struct Args {
        GateShape shape;
        const T* x;           ///< [images, 2, height, width]
        const float* weights; ///< [2, 7, 7]
        T* y;                 ///< [images, height, width]
    };
    static constexpr int phases = 2;
    static constexpr int plane = GateShape::high * GateShape::wide;
    static constexpr int shared = (GateShape::planes * plane + GateShape::weights) * 4;

    MLVICX_DEVICE static void first(const Args& args, Thread t, void* memory) {
        const GatePixel pixel(args.shape, t);
        const Index pixels = Index{args.shape.height} * args.shape.width;
        auto* tiles = static_cast<float*>(memory);
        for (int c = 0; c < GateShape::planes; ++c)
            read_tile(args.shape, pixel, t, args.x + (t.y * Index{GateShape::planes} + c) * pixels, tiles + c * plane);
        if (t.number < GateShape::weights) tiles[GateShape::planes * plane + t.number] = args.weights[t.number];
    }
    MLVICX_DEVICE static void second(const Args& args, Thread t, void* memory) {
        const GatePixel pixel(args.shape, t);
        if (!pixel.inside) return;
        const auto *tiles = static_cast<const float*>(memory), *weights = tiles + GateShape::planes * plane;
        float sum = 0;
        for (int c = 0; c < GateShape::planes; ++c)
            for (int i = 0; i < GateShape::size; ++i)
                for (int j = 0; j < GateShape::size; ++j)
                    sum += weights[(c * GateShape::size + i) * GateShape::size + j] *
                           tiles[c * plane + (pixel.row + i) * GateShape::wide + pixel.column + j];
        narrow(sum, args.y[t.y * Index{args.shape.height} * args.shape.width + pixel.place]);
    }
};

/// Writes the gradient of x, and each block's part of the weights' gradient, [images, tiles, 2, 7, 7].
template <typename T> struct GateConvolutionBackward {
    struct Args {
        GateShape shape;
        const T *x, *grad_y;
        const float* weights;
        T* grad_x;
        float* of_blocks;
    };
    static constexpr int phases = 2;
    static constexpr int plane = GateShape::high * GateShape::wide;
    static constexpr int shared = ((GateShape::planes + 1) * plane + GateShape::weights) * 4;

    MLVICX_DEVICE static void first(const Args& args, Thread t, void* memory) {
        const GatePixel pixel(args.shape, t);
        const Index pixels = Index{args.shape.height} * args.shape.width;
        auto* tiles = static_cast<float*>(memory);
        for (int c = 0; c < GateShape::planes; ++c)
            read_tile(args.shape, pixel, t, args.x + (t.y * Index{GateShape::planes} + c) * pixels, tiles + c * plane);
        read_tile(args.shape, pixel, t, args.grad_y + t.y * pixels, tiles + GateShape::planes * plane);
        if (t.number < GateShape::weights) tiles[(GateShape::planes + 1) * plane + t.number] = args.weights[t.number];
    }
    MLVICX_DEVICE static void second(const Args& args, Thread t, void* memory) {
        const auto *tiles = static_cast<const float*>(memory), *gradient = tiles + GateShape::planes * plane,
                   *weights = gradient + plane;
        const GatePixel pixel(args.shape, t);
        const Index pixels = Index{args.shape.height} * args.shape.width;
        constexpr int size = GateShape::size, last = size - 1;
        if (pixel.inside)
            for (int c = 0; c < GateShape::planes; ++c) {
                float sum = 0;
                for (int i = 0; i < size; ++i)
                    for (int j = 0; j < size; ++j)
                        sum += weights[(c * size + i) * size + j] *
                               gradient[(pixel.row + last - i) * GateShape::wide + pixel.column + last - j];
                narrow(sum, args.grad_x[(t.y * Index{GateShape::planes} + c) * pixels + pixel.place]);
            }
        if (t.number >= GateShape::weights) return;
        const int c = t.number / (size * size), i = t.number / size % size, j = t.number % size;
        float sum = 0; // pixels outside of the image have the gradient 0
        for (int row = 0; row < GateShape::tile_height; ++row)
            for (int column = 0; column < GateShape::tile_width; ++column)
                sum += gradient[(row + GateShape::border) * GateShape::wide + column + GateShape::border] *
                       tiles[c * plane + (row + i) * GateShape::wide + column + j];
        const Index block = Index{t.y} * args.shape.across() * args.shape.down() + t.x;
        args.of_blocks[block * GateShape::weights + t.number] = sum;
    }
};

} // namespace mlvicx::gpu

MLVICX_KERNELS(gate_convolution, mlvicx::gpu::GateConvolution)
MLVICX_KERNELS(gate_convolution_backward, mlvicx::gpu::GateConvolutionBackward)
