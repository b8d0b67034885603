#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>

namespace mlvicx {

/// True if two tensors of one shape have their entries in the same order; strides of axes of length one say nothing.
inline bool in_one_order(const at::Tensor& a, const at::Tensor& b) {
    for (std::int64_t axis = 0; axis < a.dim(); ++axis)
        if (a.size(axis) > 1 && a.stride(axis) != b.stride(axis)) return false;
    return true;
}

/// True if one pass over memory can update a weight with its gradient and what an optimiser remembers of it: all are
/// float32, on one device and in one dense layout. (By LibTorch's operations on lists of tensors AdamW takes twenty-two
/// passes.)
inline bool updated_in_one_pass(std::initializer_list<at::Tensor> tensors) {
    const auto& w = *tensors.begin();
    return w.numel() > 0 && std::all_of(tensors.begin(), tensors.end(), [&](const at::Tensor& tensor) {
               return tensor.device() == w.device() && tensor.scalar_type() == at::kFloat &&
                      tensor.layout() == at::kStrided && tensor.is_non_overlapping_and_dense() &&
                      in_one_order(tensor, w);
           });
}

/// Runs work(piece, begin, end) over pieces of fixed length, so that sums do not depend on the number of threads.
constexpr std::int64_t update_piece = 1 << 15;
template <typename Work> void over_pieces(std::int64_t count, const Work& work) {
    at::parallel_for(0, (count + update_piece - 1) / update_piece, 1, [&](std::int64_t first, std::int64_t last) {
        for (auto i = first; i < last; ++i) work(i, i * update_piece, std::min(count, (i + 1) * update_piece));
    });
}

} // namespace mlvicx
