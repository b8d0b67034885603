#include "methods/device/gpu.h"

#include <dlfcn.h>

#include <cstddef>
#include <optional>

namespace mlvicx {

namespace {

// The driver API's C interface, stable since CUDA 3.2; every call returns 0 for success.
using Initialise = int (*)(unsigned flags);
using GetDevice = int (*)(int* device, int ordinal);
using GetName = int (*)(char* name, int length, int device);
using GetAttribute = int (*)(int* value, int attribute, int device);
using RetainContext = int (*)(void** context, int device);
using ReleaseContext = int (*)(int device);
using PushContext = int (*)(void* context);
using PopContext = int (*)(void** context);
using MemoryInfo = int (*)(std::size_t* free, std::size_t* total);
constexpr int capability_major = 75, capability_minor = 76;

template <typename Function> Function driver_function(const char* name) {
    static void* library = ::dlopen("libcuda.so.1", RTLD_NOW); // stays open, as LibTorch's does
    return library != nullptr ? reinterpret_cast<Function>(::dlsym(library, name)) : nullptr;
}

/// The driver's handle of a visible device; nullopt without a driver or such a device.
std::optional<int> device_of(int index) {
    const auto initialise = driver_function<Initialise>("cuInit");
    const auto get_device = driver_function<GetDevice>("cuDeviceGet");
    int device = 0;
    if (!initialise || !get_device || initialise(0) != 0 || get_device(&device, index) != 0) return std::nullopt;
    return device;
}

} // namespace

GpuFacts gpu_facts(int index) {
    GpuFacts facts;
    const auto device = device_of(index);
    const auto get_name = driver_function<GetName>("cuDeviceGetName");
    const auto get_attribute = driver_function<GetAttribute>("cuDeviceGetAttribute");
    if (!device || !get_name || !get_attribute) return facts;
    char name[256] = {};
    int major = 0, minor = 0;
    if (get_name(name, sizeof name, *device) == 0) facts.name = name;
    if (get_attribute(&major, capability_major, *device) == 0 && get_attribute(&minor, capability_minor, *device) == 0)
        facts.capability = 10 * major + minor;
    return facts;
}

std::int64_t gpu_free_bytes(int index) {
    const auto device = device_of(index);
    const auto retain = driver_function<RetainContext>("cuDevicePrimaryCtxRetain");
    const auto release = driver_function<ReleaseContext>("cuDevicePrimaryCtxRelease_v2");
    const auto push = driver_function<PushContext>("cuCtxPushCurrent_v2");
    const auto pop = driver_function<PopContext>("cuCtxPopCurrent_v2");
    const auto memory = driver_function<MemoryInfo>("cuMemGetInfo_v2");
    void* context = nullptr;
    if (!device || !retain || !release || !push || !pop || !memory || retain(&context, *device) != 0) return 0;
    std::size_t free = 0, total = 0;
    if (push(context) == 0) {
        if (memory(&free, &total) != 0) free = 0;
        pop(&context);
    }
    release(*device);
    return static_cast<std::int64_t>(free);
}

} // namespace mlvicx
