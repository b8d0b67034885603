#pragma once

#include <cstdint>

#include <c10/util/BFloat16.h>

namespace mlvicx::context {

/// Of one film's map, which lies channels last.
struct Shape {
    std::int64_t pixels, channels;
};

// One film each, x and of_x [pixels, channels]; positions are those of the first maximum.

template <typename T> void over_pixels(Shape shape, const T* x, T* mean, T* maximum, std::int32_t* position);
template <typename T>
void over_pixels_backward(Shape shape, const T* of_mean, const T* of_maximum, const std::int32_t* position, T* of_x);

template <typename T>
void over_channels(Shape shape, const T* x, const T* channels, T* mean, T* maximum, std::int32_t* position);
template <typename T>
void over_channels_backward(Shape shape, const T* x, const T* channels, const T* of_mean, const T* of_maximum,
                            const std::int32_t* position, T* of_x, T* of_channels);

template <typename T> void gated(Shape shape, const T* x, const T* channels, const T* pixels, T* y);
template <typename T>
void gated_backward(Shape shape, const T* x, const T* channels, const T* pixels, const T* of_y, T* of_x, T* of_channels,
                    T* of_pixels);

} // namespace mlvicx::context
