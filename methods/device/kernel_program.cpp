#include "methods/device/kernel_program.h"

#include "core/error.h"
#include "core/hash.h"
#include "core/progress.h"
#include "methods/device/gpu.h"
#include "methods/device/kernel_cache.h"

#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/torch.h>

#include <dlfcn.h>

#include <cstdlib>
#include <cstring>
#include <set>
#include <stdexcept>

namespace mlvicx {

namespace {

constexpr unsigned threads = 256; // methods/kernels/gpu/kernel.cuh

KernelProgram::Emulator& emulator() {
    static KernelProgram::Emulator current = nullptr;
    return current;
}

std::vector<KernelProgram*>& programs() {
    static std::vector<KernelProgram*> list;
    return list;
}

/// Says each reason once, not for every program.
void say_unused(const std::string& reason) {
    static std::mutex mutex;
    static std::set<std::string> said;
    const std::lock_guard lock(mutex);
    if (said.insert(reason).second) say("LibTorch's operations are used instead of our GPU kernels: {}", reason);
}

/// The driver's handle of LibTorch's current stream. LibTorch names it only in headers that need CUDA's, so its
/// function is called by its symbol; the default stream, which is number 0, has no handle.
void* current_stream(const torch::Device& device) {
    const c10::Stream stream = c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).getStream(device);
    if (stream.id() == 0) return nullptr;
    using Handle = void* (*)(const c10::Stream*); // c10::cuda::CUDAStream is a c10::Stream and nothing else
    static const auto handle = reinterpret_cast<Handle>(::dlsym(RTLD_DEFAULT, "_ZNK3c104cuda10CUDAStream6streamEv"));
    ensure(handle != nullptr, "this LibTorch does not tell the handle of its stream");
    return handle(&stream);
}

void require(int status, const char* what) {
    if (status == 0) return;
    const char* reason = nullptr;
    if (const auto describe = driver<int(int, const char**)>("cuGetErrorString")) describe(status, &reason);
    throw std::runtime_error(fmt::format("{}: {}", what, reason != nullptr ? reason : "the driver refuses"));
}

} // namespace

KernelProgram::KernelProgram(const char* title, std::vector<SourceText> texts)
    : title_(title), texts_(std::move(texts)) {
    programs().push_back(this);
}

const std::vector<KernelProgram*>& KernelProgram::all() {
    return programs();
}

bool KernelProgram::switched_on() {
    const char* value = std::getenv("MLVICX_GPU_KERNELS");
    return value != nullptr && std::strcmp(value, "on") == 0;
}

void KernelProgram::emulate(Emulator by) {
    emulator() = by;
}

bool KernelProgram::runs_on(const torch::Device& device) {
    if (emulator() != nullptr) return device.is_cpu();
    return device.is_cuda() && switched_on() && fault(device.index()).empty();
}

std::string KernelProgram::fault(int index) {
    const std::lock_guard lock(mutex_);
    return loaded(index).fault;
}

KernelProgram::Loaded& KernelProgram::loaded(int index) {
    const auto [place, is_new] = loaded_.try_emplace(index);
    Loaded& result = place->second;
    if (!is_new) return result;
    try {
        load(index, result);
    } catch (const std::exception& error) {
        result.fault = error.what();
    }
    if (!result.fault.empty()) say_unused(result.fault);
    return result;
}

void KernelProgram::load(int index, Loaded& to) const {
    const auto& nvrtc = Nvrtc::in_use();
    if (to.fault = nvrtc.fault(); !to.fault.empty()) return;
    const int capability = gpu_facts(index).capability;
    Sha256 key;
    for (const auto& [path, text] : texts_) key.add(fmt::format("{}\n{}\n", path, text));
    for (const auto& option : compiler_options(capability)) key.add(option + "\n");
    const auto code = cached_code(kernel_cache_folder(), key.add(nvrtc.version()).hex(),
                                  [&] { return nvrtc.compile(texts_, capability); });
    to.context = std::make_unique<PrimaryContext>(index);
    const InContext context(*to.context);
    const auto load_data = driver<int(void**, const void*)>("cuModuleLoadData");
    if (!context || load_data == nullptr) throw std::runtime_error("the driver offers no context");
    require(load_data(&to.module, code.data()), "the compiled kernels cannot be loaded");
}

void KernelProgram::launch_with(const std::string& kernel, const Grid& grid, const void* args,
                                const torch::Device& device) {
    if (emulator() != nullptr) return emulator()(kernel, grid, args);
    const std::lock_guard lock(mutex_);
    auto& here = loaded(device.index());
    ensure(here.fault.empty(), "a kernel is launched where it does not run");
    const InContext context(*here.context);
    auto& function = here.functions[kernel];
    if (function == nullptr)
        require(driver<int(void**, void*, const char*)>("cuModuleGetFunction")(&function, here.module, kernel.c_str()),
                kernel.c_str());
    using Launch =
        int(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*, void**, void**);
    static const auto launch_kernel = driver<Launch>("cuLaunchKernel");
    void* parameters[] = {const_cast<void*>(args)}; // the driver copies it at once
    const auto size = [](std::int64_t blocks) { return static_cast<unsigned>(blocks); };
    require(launch_kernel(function, size(grid.x), size(grid.y), size(grid.z), threads, 1, 1, size(grid.shared),
                          current_stream(device), parameters, nullptr),
            kernel.c_str());
}

} // namespace mlvicx
