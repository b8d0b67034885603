#pragma once

#include <cstdint>

#include <c10/util/BFloat16.h>

namespace mlvicx::context {

/// Of one film's map, which lies channels last.
struct Shape {
    std::int64_t pixels, channels;
};

// One film each. x, y and their gradients (`of_...`) are [pixels, channels]; everything else is [channels] or [pixels],
// as said at each. T is float, double or c10::BFloat16; bf16 is summed in float32. Positions are those of the first
// maximum; a value that is not a number is never one. What comes after the inputs is written; of_x is added to by the
// two `over_..._backward`.

/// mean, maximum, position (a pixel): [channels].
template <typename T> void over_pixels(Shape shape, const T* x, T* mean, T* maximum, std::int32_t* position);
template <typename T>
void over_pixels_backward(Shape shape, const T* of_mean, const T* of_maximum, const std::int32_t* position, T* of_x);

/// Of x * channels. channels and its gradient: [channels]; mean, maximum, position (a channel): [pixels].
template <typename T>
void over_channels(Shape shape, const T* x, const T* channels, T* mean, T* maximum, std::int32_t* position);
template <typename T>
void over_channels_backward(Shape shape, const T* x, const T* channels, const T* of_mean, const T* of_maximum,
                            const std::int32_t* position, T* of_x, T* of_channels);

/// y = x * channels * pixels; channels: [channels], pixels: [pixels].
template <typename T> void gated(Shape shape, const T* x, const T* channels, const T* pixels, T* y);
template <typename T>
void gated_backward(Shape shape, const T* x, const T* channels, const T* pixels, const T* of_y, T* of_x, T* of_channels,
                    T* of_pixels);

} // namespace mlvicx::context
