#pragma once

#include <cstdint>
#include <string>

namespace mlvicx {

/// What the NVIDIA driver reports about a GPU. LibTorch's own calls for this need CUDA's headers, which a machine that
/// only runs the program lacks; the driver's library is present wherever a GPU is.
struct GpuFacts {
    std::string name = "CUDA device";
    int capability = 0; ///< 10 x major + minor: 80, 90, ...; 0: unknown
};

/// `index` counts the visible devices, as LibTorch does. Unknown facts keep their defaults.
GpuFacts gpu_facts(int index);

/// Free bytes of its memory; 0: unknown. Slow if this process does not use the GPU yet, because a context is created
/// and destroyed for the query.
std::int64_t gpu_free_bytes(int index);

} // namespace mlvicx
