#pragma once

// Runs our GPU kernels on the host: their sources, compiled by the host's compiler, one thread after the other. Include
// it before anything else that includes them.

#define MLVICX_KERNEL(name, ...)                                                                                       \
    inline const bool name##_is_emulated = (mlvicx::testing::emulated()[#name] = &mlvicx::testing::run<__VA_ARGS__>);

#include "methods/device/kernel_program.h"
#include "methods/kernels/gpu/kernel.cuh"

#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace mlvicx::testing {

using EmulatedKernel = void (*)(const Grid& grid, const void* args);

inline std::map<std::string, EmulatedKernel>& emulated() {
    static std::map<std::string, EmulatedKernel> kernels;
    return kernels;
}

/// How often a kernel has run, and whether a phase's threads run from the last to the first.
struct Emulation {
    int launches = 0;
    bool backwards = false;
};
inline Emulation& emulation() {
    static Emulation state;
    return state;
}

template <typename Kernel> void run(const Grid& grid, const void* given) {
    if (grid.shared != Kernel::shared) throw std::logic_error("a kernel is launched with other shared memory");
    const auto& args = *static_cast<const typename Kernel::Args*>(given);
    std::vector<double> shared(Kernel::shared / sizeof(double));
    for (std::int64_t block = 0; block < grid.x * grid.y * grid.z; ++block) {
        std::fill(shared.begin(), shared.end(), std::numeric_limits<double>::quiet_NaN()); // what no thread wrote
        gpu::Thread thread{0, static_cast<int>(block % grid.x), static_cast<int>(block / grid.x % grid.y),
                           static_cast<int>(block / grid.x / grid.y)};
        for (int phase = 0; phase < Kernel::phases; ++phase)
            for (int i = 0; i < gpu::threads; ++i) {
                thread.number = emulation().backwards ? gpu::threads - 1 - i : i;
                gpu::run_phase<Kernel>(phase, args, thread, shared.data());
            }
    }
}

inline void run_emulated(const std::string& kernel, const Grid& grid, const void* args) {
    ++emulation().launches;
    emulated().at(kernel)(grid, args);
}

} // namespace mlvicx::testing

#include "methods/kernels/gpu/adamw.cuh"
#include "methods/kernels/gpu/batch_norm_backward.cuh"
#include "methods/kernels/gpu/lars.cuh"
#include "methods/kernels/gpu/max_pool.cuh"
#include "methods/kernels/gpu/stem.cuh"
#include "methods/kernels/gpu/view_colour.cuh"
#include "mlvicx/gpu/context_gates.cuh"
#include "mlvicx/gpu/gate.cuh"

namespace mlvicx {

/// For a scope, tensors on the CPU are computed as on a GPU (if asked), by kernels that run here.
class EmulatedGpu {
public:
    explicit EmulatedGpu(bool asked = true, bool backwards = false) {
        testing::emulation() = {0, backwards};
        if (asked) KernelProgram::emulate(testing::run_emulated);
    }
    ~EmulatedGpu() { KernelProgram::emulate(nullptr); }
    EmulatedGpu(const EmulatedGpu&) = delete;
    EmulatedGpu& operator=(const EmulatedGpu&) = delete;
    int launches() const { return testing::emulation().launches; }
};

} // namespace mlvicx
