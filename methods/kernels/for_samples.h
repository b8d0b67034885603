#pragma once

#include <torch/types.h>

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>

#include <cstdint>

namespace mlvicx {

/// Runs `image(type, n)` for each of the N samples of a map [N, ...] on the CPU, in parallel; `type` is a value of the
/// map's type: float, double or bf16.
template <typename ImageEntry> void for_samples(const torch::Tensor& map, const ImageEntry& image) {
    AT_DISPATCH_FLOATING_TYPES_AND(torch::kBFloat16, map.scalar_type(), "for_samples", [&] {
        at::parallel_for(0, map.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
            for (auto n = begin; n < end; ++n) image(scalar_t{}, n);
        });
    });
}

/// Start of sample n of a dense [N, ...].
template <typename T> T* row(const torch::Tensor& tensor, std::int64_t n) {
    return tensor.data_ptr<T>() + n * (tensor.numel() / tensor.size(0));
}

} // namespace mlvicx
