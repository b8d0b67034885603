#pragma once

// Views of a batch (methods/views/views.h), from the images to crops of one size. A thread has one pixel, which it
// computes from a row or a column of the image before. Sums have a fixed order, so an image's view depends on no other.

#include "methods/kernels/gpu/kernel.cuh"

namespace mlvicx::gpu {

/// What is drawn for a view, as in ViewParameters, with the blur's standard deviation in pixels of the view.
struct DrawnView {
    double sigma;
    int top, left, height, width;
    float brightness, contrast;
    int flip, brightness_first, solarize, unused;
};

/// Images of `from` x `from` pixels become views of `to` x `to`.
struct ViewShape {
    int images, from, to;
    int taps;   ///< of a resampled pixel
    int cubic;  ///< otherwise a triangle
    int radius; ///< of a blur

    MLVICX_DEVICE int blur_taps() const { return 2 * radius + 1; }
};

/// The weights of all sums. Those of an image's output rows (axis 0) and columns (axis 1): the first input pixel of
/// each, and `taps` rows of weights, [axis, image, tap, output]. Those of its blur: [image, tap].
struct ViewWeights {
    int* first;
    float *resampling, *blur;

    MLVICX_DEVICE Index place(const ViewShape& shape, int axis, int image) const {
        return (Index{axis} * shape.images + image) * shape.to;
    }
};

MLVICX_DEVICE float unit(float value) {
    return value < 0 ? 0 : value > 1 ? 1 : value;
}

/// The resampling kernel at a distance in pixels of the coarser grid: Keys' cubic with a = -0.5, or a triangle.
MLVICX_DEVICE double resampling_kernel(double distance, bool cubic) {
    const double x = distance < 0 ? -distance : distance;
    if (!cubic) return x < 1 ? 1 - x : 0;
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/// Blocks: x over outputs, y over images, z over rows, columns and the blur.
struct ViewWeightsOf : OnePhase {
    struct Args {
        const DrawnView* views;
        ViewShape shape;
        ViewWeights weights;
    };

    MLVICX_DEVICE static void first(const Args& args, Thread t, void*) {
        const int i = t.x * threads + t.number;
        if (t.z == 2)
            blur(args, t.y, i);
        else if (i < args.shape.to)
            resampling(args, t.z, t.y, i);
    }

private:
    /// As resampling_matrices (views_resample.h).
    MLVICX_DEVICE static void resampling(const Args& args, int axis, int image, int i) {
        const ViewShape& shape = args.shape;
        const DrawnView& view = args.views[image];
        const int begin = axis == 0 ? view.top : view.left, length = axis == 0 ? view.height : view.width;
        const double scale = static_cast<double>(length) / shape.to, widening = scale > 1 ? scale : 1;
        const double support = (shape.cubic ? 2 : 1) * widening;
        const double centre = ((axis == 1 && view.flip ? shape.to - 1 - i : i) + 0.5) * scale;
        const double low_end = floor(centre - support), high_end = ceil(centre + support);
        const int low = low_end > 0 ? static_cast<int>(low_end) : 0;
        const int high = high_end < length ? static_cast<int>(high_end) : length;
        const int first = begin + low < shape.from - shape.taps ? begin + low : shape.from - shape.taps;
        const auto weight = [&](int tap) {
            const int j = first + tap - begin;
            return j >= low && j < high ? resampling_kernel((j + 0.5 - centre) / widening, shape.cubic != 0) : 0.0;
        };
        double sum = 0;
        for (int tap = 0; tap < shape.taps; ++tap) sum += weight(tap);
        const Index place = args.weights.place(shape, axis, image);
        args.weights.first[place + i] = first;
        float* to = args.weights.resampling + place * shape.taps + i;
        for (int tap = 0; tap < shape.taps; ++tap) to[tap * shape.to] = static_cast<float>(weight(tap) / sum);
    }

    MLVICX_DEVICE static void blur(const Args& args, int image, int tap) {
        const int taps = args.shape.blur_taps();
        const double sigma = args.views[image].sigma;
        if (tap >= taps || sigma <= 0) return;
        const auto weight = [&](int k) {
            const double distance = (k - args.shape.radius) / sigma;
            return exp(-0.5 * distance * distance);
        };
        double sum = 0;
        for (int k = 0; k < taps; ++k) sum += weight(k);
        args.weights.blur[image * taps + tap] = static_cast<float>(weight(tap) / sum);
    }
};

/// A thread's pixel in maps of [images, rows, columns]. Blocks: x within an image, y over images.
struct ViewPixel {
    int image, row, column;
    Index number; ///< in the whole map
    bool inside;

    MLVICX_DEVICE ViewPixel(int rows, int columns, Thread t) {
        const int within = t.x * threads + t.number;
        image = t.y;
        row = within / columns;
        column = within - row * columns;
        number = Index{image} * rows * columns + within;
        inside = row < rows;
    }
};

/// Resamples the crop's rows: narrowed [images, from, to]; other rows are not written.
struct ViewColumns : OnePhase {
    struct Args {
        const DrawnView* views;
        ViewShape shape;
        ViewWeights weights;
        const unsigned char* images;
        float* narrowed;
    };

    MLVICX_DEVICE static void first(const Args& args, Thread t, void*) {
        const ViewShape& shape = args.shape;
        const ViewPixel pixel(shape.from, shape.to, t);
        const DrawnView& view = args.views[t.y];
        if (!pixel.inside || pixel.row < view.top || pixel.row >= view.top + view.height) return;
        const Index place = args.weights.place(shape, 1, pixel.image);
        const float* weights = args.weights.resampling + place * shape.taps + pixel.column;
        const unsigned char* from = args.images + (Index{pixel.image} * shape.from + pixel.row) * shape.from +
                                    args.weights.first[place + pixel.column];
        float sum = 0;
        for (int tap = 0; tap < shape.taps; ++tap) sum += weights[tap * shape.to] * (from[tap] / 255.0F);
        args.narrowed[pixel.number] = sum;
    }
};

/// Resamples the columns, then changes the brightness where that comes before the contrast: map [images, to, to].
struct ViewRows : OnePhase {
    struct Args {
        const DrawnView* views;
        ViewShape shape;
        ViewWeights weights;
        const float* narrowed;
        float* map;
    };

    MLVICX_DEVICE static void first(const Args& args, Thread t, void*) {
        const ViewShape& shape = args.shape;
        const ViewPixel pixel(shape.to, shape.to, t);
        if (!pixel.inside) return;
        const Index place = args.weights.place(shape, 0, pixel.image);
        const float* weights = args.weights.resampling + place * shape.taps + pixel.row;
        const float* from = args.narrowed +
                            (Index{pixel.image} * shape.from + args.weights.first[place + pixel.row]) * shape.to +
                            pixel.column;
        float sum = 0;
        for (int tap = 0; tap < shape.taps; ++tap)
            if (const float weight = weights[tap * shape.to]; weight != 0) // else the row may not be the crop's
                sum += weight * from[tap * shape.to];
        const DrawnView& view = args.views[t.y];
        args.map[pixel.number] = unit(unit(sum) * (view.brightness_first ? view.brightness : 1));
    }
};

} // namespace mlvicx::gpu

MLVICX_KERNEL(view_weights, mlvicx::gpu::ViewWeightsOf)
MLVICX_KERNEL(view_columns, mlvicx::gpu::ViewColumns)
MLVICX_KERNEL(view_rows, mlvicx::gpu::ViewRows)
