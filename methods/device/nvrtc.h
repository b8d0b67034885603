#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mlvicx {

/// A CUDA C++ source in the program, by the path by which others include it.
struct SourceText {
    const char* path;
    const char* text;
};

/// NVIDIA's run-time compiler, which comes with a LibTorch that has CUDA. It needs neither a toolkit nor a GPU.
class Nvrtc {
public:
    /// Loads the library `file`. Without it, or if it lacks a function, `fault` says so.
    explicit Nvrtc(const std::string& file);
    /// The first that loads: the one that MLVICX_NVRTC names (then no other), LibTorch's own, the system's.
    static const Nvrtc& in_use();

    /// Why it cannot be used, for a message; empty if it can.
    const std::string& fault() const { return fault_; }
    /// "13.0" and "NVRTC 13.0 (FILE)", if it can be used.
    std::string version() const;
    std::string name() const;

    /// Machine code (cubin) of the last of `texts`, which may include those before it, for a compute capability (90:
    /// 9.0). Throws std::runtime_error with what the compiler said.
    std::string compile(const std::vector<SourceText>& texts, int capability) const;

private:
    std::string file_, fault_;
    int major_ = 0, minor_ = 0;
    void* library_ = nullptr; ///< stays open: code from it may run until the end
};

/// The compiler's options for a compute capability; nvcc takes the same.
std::vector<std::string> compiler_options(int capability);

/// Where a LibTorch's own NVRTC can be: in `folder`, which has its libraries, or in the packages beside it.
std::vector<std::string> nvrtc_files(const std::filesystem::path& folder);

} // namespace mlvicx
