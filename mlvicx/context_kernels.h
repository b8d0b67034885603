#pragma once

#include <cstdint>

#include <c10/util/BFloat16.h>

namespace mlvicx::context {

/// Of one image's map, which lies channels last.
struct Shape {
    std::int64_t pixels, channels;
};

// One image each. x, y and their gradients (`of_...`) are [pixels, channels]; everything else is [channels] or
// [pixels], as said at each. T is float, double or c10::BFloat16; bf16 is summed in float32. Positions are those of the
// first maximum; a value that is not a number is never one. What comes after the inputs is written; grad_x is added to
// by the two `over_..._backward`.

/// What a pass over a map finds, and for the way back the gradients and positions of what it found.
template <typename T> struct Found {
    T *mean, *maximum;
    std::int32_t* position;
};
template <typename T> struct FoundGradient {
    const T *mean, *maximum;
    const std::int32_t* position;
};

/// Found: [channels], a position being a pixel.
template <typename T> void over_pixels(Shape shape, const T* x, Found<T> found);
template <typename T> void over_pixels_backward(Shape shape, FoundGradient<T> of_found, T* grad_x);

/// Of x * channels. channels and its gradient: [channels]; found: [pixels], a position being a channel.
template <typename T> void over_channels(Shape shape, const T* x, const T* channels, Found<T> found);
template <typename T>
void over_channels_backward(Shape shape, const T* x, const T* channels, FoundGradient<T> of_found, T* grad_x,
                            T* grad_channels);

/// x: [pixels, channels], channels: [channels], pixels: [pixels]; and their gradients.
template <typename T> struct Gate {
    const T *x, *channels, *pixels;
};
template <typename T> struct GateGradient {
    T *x, *channels, *pixels;
};

/// y = x * channels * pixels.
template <typename T> void gated(Shape shape, Gate<T> in, T* y);
template <typename T> void gated_backward(Shape shape, Gate<T> in, const T* grad_y, GateGradient<T> out);

} // namespace mlvicx::context
