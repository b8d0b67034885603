#pragma once

// Runs our GPU kernels on the host: their sources, compiled by the host's compiler, one thread after the other. Include
// it before anything else that includes them.

#define MLVICX_KERNEL(name, ...) inline const bool name##_is_emulated = mlvicx::testing::emulate<__VA_ARGS__>(#name);

#include "methods/device/graph_recorder.h"
#include "methods/device/kernel_program.h"
#include "methods/kernels/gpu/kernel.cuh"

#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace mlvicx::testing {

struct EmulatedKernel {
    void (*run)(const Grid& grid, const void* args) = nullptr;
    std::size_t args = 0; ///< bytes
};

inline std::map<std::string, EmulatedKernel>& emulated() {
    static std::map<std::string, EmulatedKernel> kernels;
    return kernels;
}

/// A launch, to be repeated as it is.
struct Launched {
    std::string kernel;
    Grid grid;
    std::vector<char> args;
};

/// How often a kernel has run, how often not as recorded work (graph_recorder.h), whether a phase's threads run from
/// the last to the first, and where launches are kept, if anywhere.
struct Emulation {
    int launches = 0, unrecorded = 0;
    bool backwards = false;
    std::vector<Launched>* kept = nullptr;
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

template <typename Kernel> bool emulate(const char* name) {
    emulated()[name] = {&run<Kernel>, sizeof(typename Kernel::Args)};
    return true;
}

inline void run_emulated(const std::string& kernel, const Grid& grid, const void* args) {
    const auto& known = emulated().at(kernel);
    ++emulation().launches;
    if (!EmulatedGraphs::running()) ++emulation().unrecorded;
    if (const auto* bytes = static_cast<const char*>(args); emulation().kept != nullptr)
        emulation().kept->push_back({kernel, grid, {bytes, bytes + known.args}});
    known.run(grid, args);
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
        testing::emulation() = {};
        testing::emulation().backwards = backwards;
        if (asked) KernelProgram::emulate(testing::run_emulated);
    }
    ~EmulatedGpu() { KernelProgram::emulate(nullptr); }
    EmulatedGpu(const EmulatedGpu&) = delete;
    EmulatedGpu& operator=(const EmulatedGpu&) = delete;
    int launches() const { return testing::emulation().launches; }
    int unrecorded() const { return testing::emulation().unrecorded; }

    /// The launches of `work`, which a GPU's graph would repeat.
    template <typename Work> std::vector<testing::Launched> kept(const Work& work) const {
        std::vector<testing::Launched> launches;
        testing::emulation().kept = &launches;
        work();
        testing::emulation().kept = nullptr;
        return launches;
    }
    void repeat(const std::vector<testing::Launched>& launches) const {
        for (const auto& one : launches) testing::run_emulated(one.kernel, one.grid, one.args.data());
    }
};

} // namespace mlvicx
