#pragma once

#include <cstdint>

#include <c10/util/BFloat16.h>

namespace mlvicx::context {

/// Shape of one image's channels-last map.
struct Shape {
    std::int64_t pixels, channels;
};

// One image at a time. x, y and their gradients (`grad_...`) are [pixels, channels]; everything else is [channels] or
// [pixels], as documented. T is float, double or c10::BFloat16; bf16 is summed in float32. Positions are those of the
// first maximum; NaN is never a maximum. Arguments after the inputs are outputs; the two `over_..._backward` add to
// grad_x.

/// The results of a pass over a map and, for the backward pass, their gradients and positions.
template <typename T> struct Found {
    T *mean, *maximum;
    std::int32_t* position;
};
template <typename T> struct FoundGradient {
    const T *mean, *maximum;
    const std::int32_t* position;
};

/// Found: [channels]; a position is a pixel.
template <typename T> void over_pixels(Shape shape, const T* x, Found<T> found);
template <typename T> void over_pixels_backward(Shape shape, FoundGradient<T> of_found, T* grad_x);

/// For x * channels. channels and its gradient: [channels]; found: [pixels]; a position is a channel.
template <typename T> void over_channels(Shape shape, const T* x, const T* channels, Found<T> found);
template <typename T>
void over_channels_backward(Shape shape, const T* x, const T* channels, FoundGradient<T> of_found, T* grad_x,
                            T* grad_channels);

/// x: [pixels, channels], channels: [channels], pixels: [pixels]; and their gradients.
template <typename T> struct Gate {
    const T* x;
    const T* channels;
    const T* pixels;
};
template <typename T> struct GateGradient {
    T* x;
    T* channels;
    T* pixels;
};

/// y = x * channels * pixels.
template <typename T> void gated(Shape shape, Gate<T> in, T* y);
template <typename T> void gated_backward(Shape shape, Gate<T> in, const T* grad_y, GateGradient<T> out);

} // namespace mlvicx::context
