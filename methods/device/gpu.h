#pragma once

#include <cstdint>
#include <string>

namespace mlvicx {

/// What the NVIDIA driver says of a GPU. LibTorch's own calls for this need CUDA's headers, which a machine that only
/// runs the program lacks; the driver's library is there wherever a GPU is.
struct GpuFacts {
    std::string name = "CUDA device";
    int capability = 0; ///< 10 x major + minor: 80, 90, ...; 0: unknown
};

/// `index` counts the visible devices, as LibTorch's does. Facts that cannot be found out stay at their defaults.
GpuFacts gpu_facts(int index);

/// Bytes of its memory that are free; 0: unknown. Slow where nothing of this process uses the GPU yet: a context is
/// made for the question, and ended.
std::int64_t gpu_free_bytes(int index);

} // namespace mlvicx
