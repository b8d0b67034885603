#pragma once

// Views of a batch, from their crops (view_crop.cuh) to the end: brightness and contrast, blur, solarize.

#include "methods/kernels/gpu/view_crop.cuh"

namespace mlvicx::gpu {

/// An image's pixels are added in so many parts.
constexpr int view_parts = 16;

/// sums [images, view_parts]. Blocks: x over parts, y over images.
struct ViewSums {
    struct Args {
        const DrawnView* views;
        ViewShape shape;
        const float* map;
        float* sums;
    };
    static constexpr int phases = 3;
    static constexpr int shared = threads * 4;

    MLVICX_DEVICE static void first(const Args& args, Thread t, void* memory) {
        const int pixels = args.shape.to * args.shape.to;
        const float* map = args.map + Index{t.y} * pixels;
        float sum = 0;
        for (int i = t.x * threads + t.number; i < pixels; i += view_parts * threads) sum += map[i];
        static_cast<float*>(memory)[t.number] = sum;
    }
    MLVICX_DEVICE static void second(const Args&, Thread t, void* memory) {
        if (t.number % 16 == 0) add(static_cast<float*>(memory) + t.number, 1);
    }
    MLVICX_DEVICE static void third(const Args& args, Thread t, void* memory) {
        auto* sums = static_cast<float*>(memory);
        if (t.number != 0) return;
        add(sums, 16);
        args.sums[t.y * view_parts + t.x] = sums[0];
    }

private:
    /// Sixteen numbers, `apart` from each other, into the first.
    MLVICX_DEVICE static void add(float* numbers, int apart) {
        for (int i = 1; i < 16; ++i) numbers[0] += numbers[i * apart];
    }
};

/// What is done to a pixel after resampling: contrast, and brightness where that comes after it.
struct Jitter {
    float scale, shift, brightness;

    MLVICX_DEVICE Jitter(const DrawnView& view, const ViewShape& shape, const float* sums)
        : scale(view.contrast), shift(0), brightness(view.brightness_first ? 1 : view.brightness) {
        if (scale == 1) return;
        float sum = 0;
        for (int i = 0; i < view_parts; ++i) sum += sums[i];
        shift = sum / static_cast<float>(shape.to * shape.to) * (1 - scale);
    }
    MLVICX_DEVICE float of(float value) const { return unit(unit(value * scale + shift) * brightness); }
};

/// A place beyond an end, reflected without repeating the edge pixel.
MLVICX_DEVICE int reflected(int place, int size) {
    const int inner = place < 0 ? -place : place;
    return inner < size ? inner : 2 * (size - 1) - inner;
}

/// What the two last kernels take. Maps are [images, to, to], in 0..1.
struct ViewFinish {
    const DrawnView* views;
    ViewShape shape;
    const float *blur, *map, *sums; ///< the blur's weights (ViewWeights), ViewRows' map and its ViewSums
    float* blurred;                 ///< along rows; only images that have a blur
    float* result;
    float threshold; ///< from which pixels are solarized
};

/// blurred: the map after contrast and brightness, blurred along its rows.
struct ViewBlurRows : OnePhase {
    using Args = ViewFinish;

    MLVICX_DEVICE static void first(const Args& args, Thread t, void*) {
        const ViewShape& shape = args.shape;
        const ViewPixel pixel(shape.to, shape.to, t);
        const DrawnView& view = args.views[t.y];
        if (!pixel.inside || view.sigma <= 0) return;
        const Jitter jitter(view, shape, args.sums + pixel.image * view_parts);
        const float* weights = args.blur + pixel.image * shape.blur_taps();
        const float* row = args.map + pixel.number - pixel.column;
        float sum = 0;
        for (int tap = 0; tap < shape.blur_taps(); ++tap)
            sum += weights[tap] * jitter.of(row[reflected(pixel.column + tap - shape.radius, shape.to)]);
        args.blurred[pixel.number] = sum;
    }
};

/// result: that blurred along its columns, or the map without a blur; solarized where drawn.
struct ViewFinished : OnePhase {
    using Args = ViewFinish;

    MLVICX_DEVICE static void first(const Args& args, Thread t, void*) {
        const ViewShape& shape = args.shape;
        const ViewPixel pixel(shape.to, shape.to, t);
        if (!pixel.inside) return;
        const DrawnView& view = args.views[t.y];
        float value = 0;
        if (view.sigma > 0) {
            const float* weights = args.blur + pixel.image * shape.blur_taps();
            const float* column = args.blurred + pixel.number - Index{pixel.row} * shape.to;
            for (int tap = 0; tap < shape.blur_taps(); ++tap)
                value += weights[tap] * column[Index{reflected(pixel.row + tap - shape.radius, shape.to)} * shape.to];
            value = unit(value);
        } else {
            value = Jitter(view, shape, args.sums + pixel.image * view_parts).of(args.map[pixel.number]);
        }
        args.result[pixel.number] = view.solarize && value >= args.threshold ? 1 - value : value;
    }
};

} // namespace mlvicx::gpu

MLVICX_KERNEL(view_sums, mlvicx::gpu::ViewSums)
MLVICX_KERNEL(view_blur_rows, mlvicx::gpu::ViewBlurRows)
MLVICX_KERNEL(view_finished, mlvicx::gpu::ViewFinished)
