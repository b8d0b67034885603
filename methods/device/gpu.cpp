#include "methods/device/gpu.h"

#include "methods/device/driver.h"

#include <cstddef>

namespace mlvicx {

GpuFacts gpu_facts(int index) {
    constexpr int capability_major = 75, capability_minor = 76;
    GpuFacts facts;
    const auto initialise = driver<int(unsigned)>("cuInit");
    const auto get_device = driver<int(int*, int)>("cuDeviceGet");
    const auto get_name = driver<int(char*, int, int)>("cuDeviceGetName");
    const auto get_attribute = driver<int(int*, int, int)>("cuDeviceGetAttribute");
    int device = 0;
    if (!initialise || !get_device || !get_name || !get_attribute) return facts;
    if (initialise(0) != 0 || get_device(&device, index) != 0) return facts;
    char name[256] = {};
    int major = 0, minor = 0;
    if (get_name(name, sizeof name, device) == 0) facts.name = name;
    if (get_attribute(&major, capability_major, device) == 0 && get_attribute(&minor, capability_minor, device) == 0)
        facts.capability = 10 * major + minor;
    return facts;
}

std::int64_t gpu_free_bytes(int index) {
    const PrimaryContext primary(index);
    const InContext context(primary);
    const auto memory = driver<int(std::size_t*, std::size_t*)>("cuMemGetInfo_v2");
    std::size_t free = 0, total = 0;
    if (!context || !memory || memory(&free, &total) != 0) return 0;
    return static_cast<std::int64_t>(free);
}

} // namespace mlvicx
