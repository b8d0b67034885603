#pragma once

#include "methods/vectors.h"

namespace mlvicx::norm {

/// A block of a map's pixels, which lies channels last.
struct Block {
    std::int64_t rows, channels;
};

// x, y, their gradients (`of_...`) and what is added are [rows, channels]; everything else is [channels]. T is float,
// double or c10::BFloat16. What comes after the inputs is written; a null pointer stands for what is not there.

/// Mean of each channel, and the sum of the squared distances from it.
template <typename T> void moments(Block block, const T* x, Wide<T>* mean, Wide<T>* squares);

/// y = scale x + shift + added; at least 0 where `relu`.
template <typename T>
void transform(Block block, const T* x, const Wide<T>* scale, const Wide<T>* shift, const T* added, bool relu, T* y);

/// Of g, which is of_y where y > 0 (of_y itself without y): the sums of g and of g (x - mean), and g.
template <typename T>
void gradient_sums(Block block, const T* x, const Wide<T>* mean, const T* of_y, const T* y, Wide<T>* sum,
                   Wide<T>* product, T* g);

/// of_x = a g + b (x - mean) + c, g as before.
template <typename T>
void transform_backward(Block block, const T* x, const Wide<T>* mean, const T* of_y, const T* y, const Wide<T>* a,
                        const Wide<T>* b, const Wide<T>* c, T* of_x);

} // namespace mlvicx::norm
