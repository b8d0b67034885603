#pragma once

#include "methods/device/driver.h"
#include "methods/device/nvrtc.h"

#include <torch/types.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace mlvicx {

/// The shape of a launch: blocks in x, y and z, and bytes of shared memory for each. A block has 256 threads.
struct Grid {
    std::int64_t x, y = 1, z = 1;
    int shared = 0;
};

/// Kernels of our own for GPUs: one source in CUDA C++, compiled at run time for the card at hand, kept on disk
/// (kernel_cache.h) and launched through the driver. Neither a CUDA toolkit nor a LibTorch with CUDA is needed to build
/// this.
class KernelProgram {
public:
    /// `texts`: what the source includes, then the source itself; they and `title` ("batch norm") must outlive it.
    KernelProgram(const char* title, std::vector<SourceText> texts);
    KernelProgram(const KernelProgram&) = delete;
    KernelProgram& operator=(const KernelProgram&) = delete;

    const char* title() const { return title_; }
    const std::vector<SourceText>& texts() const { return texts_; }

    /// True if its kernels run on this device. The first call for a GPU compiles and loads them; if that fails, it says
    /// so once, and the caller's tensor operations run instead. False for the CPU, and for everything unless they are
    /// switched on.
    bool runs_on(const torch::Device& device);
    /// Why they do not run on GPU `index`; empty if they do.
    std::string fault(int index);

    /// Queues a kernel on LibTorch's current stream. `args`: its Args. Throws std::runtime_error if the driver refuses.
    template <typename Args>
    void launch(const std::string& kernel, const Grid& grid, const Args& args, const torch::Device& device) {
        launch_with(kernel, grid, &args, device);
    }

    /// Runs a kernel on the host instead of a GPU, for tests: `args` points to its Args.
    using Emulator = void (*)(const std::string& kernel, const Grid& grid, const void* args);
    /// True if the environment has MLVICX_GPU_KERNELS=on: not the default before a GPU has run them.
    static bool switched_on();
    /// From now on all programs run on the CPU, by this; null ends it.
    static void emulate(Emulator emulator);
    /// All programs there are, in the order of their construction.
    static const std::vector<KernelProgram*>& all();

private:
    struct Loaded {
        std::string fault;
        std::unique_ptr<PrimaryContext> context; ///< what the module and the functions belong to
        void* module = nullptr;
        std::map<std::string, void*> functions;
    };
    Loaded& loaded(int index);
    void load(int index, Loaded& to) const;
    void launch_with(const std::string& kernel, const Grid& grid, const void* args, const torch::Device& device);

    const char* title_;
    std::vector<SourceText> texts_;
    std::mutex mutex_;
    std::map<int, Loaded> loaded_; ///< by device
};

} // namespace mlvicx
