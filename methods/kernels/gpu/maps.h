#pragma once

#include "methods/device/kernel_program.h"
#include "methods/kernels/gpu/kernel.cuh"

#include <torch/types.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

// How tensors become the arguments of our GPU kernels.

namespace mlvicx::gpu {

inline bool aligned(const torch::Tensor& tensor) {
    return reinterpret_cast<std::uintptr_t>(tensor.data_ptr()) % 16 == 0;
}

/// The tensor, or a copy that starts where 16 bytes can be read at once.
inline torch::Tensor at_boundary(const torch::Tensor& tensor) {
    return aligned(tensor) ? tensor : tensor.clone();
}

/// True if a map [N, C, H, W] can be an argument: float32 or bf16, channels last, and its channels fill whole packs and
/// at most one block of threads, and its images one side of a grid.
inline bool takes(const torch::Tensor& map) {
    const auto type = map.scalar_type();
    if ((type != torch::kFloat32 && type != torch::kBFloat16) || map.dim() != 4 || map.numel() == 0) return false;
    const auto packed = static_cast<std::int64_t>(16 / map.element_size());
    return map.size(1) % packed == 0 && map.size(1) / packed <= threads && map.size(0) < 65'536 && aligned(map) &&
           map.is_contiguous(torch::MemoryFormat::ChannelsLast);
}

/// A tensor's values as a kernel takes them; null if it is undefined or empty.
template <typename T> T* values(const torch::Tensor& tensor) {
    return tensor.defined() && tensor.numel() > 0 ? static_cast<T*>(tensor.data_ptr()) : nullptr;
}

/// Copies a struct of numbers to `device`, without waiting for it: into the bytes `to`, which the first call makes, so
/// that it is always in the same place.
template <typename T> void send(const T& numbers, const torch::Device& device, torch::Tensor& to) {
    static_assert(std::is_trivially_copyable_v<T>, "its bytes are all of it");
    const auto bytes = at::empty({sizeof(T)}, torch::kUInt8);
    std::memcpy(bytes.data_ptr(), &numbers, sizeof(T));
    if (!to.defined()) to = at::empty({sizeof(T)}, bytes.options().device(device));
    to.copy_(bytes, /*non_blocking=*/true);
}

/// Runs work(value of the map's type, the type's name in kernels).
template <typename Work> void for_type(const torch::Tensor& map, const Work& work) {
    if (map.scalar_type() == torch::kBFloat16)
        work(Bf16{}, std::string("_bf16"));
    else
        work(float{}, std::string("_float"));
}

/// The rows of a map in `parts` equal parts, one after the other, in blocks of `passes` rows for each thread.
inline Rows rows_in_passes(const torch::Tensor& map, std::int64_t parts, std::int64_t passes) {
    const auto rows = map.numel() / map.size(1) / parts, lanes = map.size(1) * map.element_size() / 16;
    const auto length = passes * (threads / lanes), blocks = (rows + length - 1) / length;
    return {rows,
            length,
            static_cast<int>(parts),
            static_cast<int>(map.size(1)),
            static_cast<int>(lanes),
            static_cast<int>(blocks)};
}

/// The same in about `blocks` blocks over all parts, or so many that a thread has four rows.
inline Rows rows_of(const torch::Tensor& map, std::int64_t parts, std::int64_t blocks = 1024) {
    const auto smallest = rows_in_passes(map, parts, 1);
    const auto of_part = std::max<std::int64_t>(1, blocks / parts);
    return rows_in_passes(map, parts, std::max<std::int64_t>(4, (smallest.blocks + of_part - 1) / of_part));
}

/// A launch over all its blocks.
template <typename Kernel> Grid grid_over(const Rows& rows) {
    return {rows.blocks, rows.parts, 1, Kernel::shared};
}

} // namespace mlvicx::gpu
