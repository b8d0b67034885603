#include "methods/device/driver.h"

#include <dlfcn.h>

namespace mlvicx {

void* driver_symbol(const char* name) {
    static void* library = ::dlopen("libcuda.so.1", RTLD_NOW); // stays open, as LibTorch's does
    return library != nullptr ? ::dlsym(library, name) : nullptr;
}

PrimaryContext::PrimaryContext(int index) {
    const auto initialise = driver<int(unsigned)>("cuInit");
    const auto get_device = driver<int(int*, int)>("cuDeviceGet");
    const auto retain = driver<int(void**, int)>("cuDevicePrimaryCtxRetain");
    if (!initialise || !get_device || !retain || initialise(0) != 0 || get_device(&device_, index) != 0) return;
    if (retain(&context_, device_) != 0) context_ = nullptr;
}

PrimaryContext::~PrimaryContext() {
    if (context_ != nullptr) driver<int(int)>("cuDevicePrimaryCtxRelease_v2")(device_);
}

InContext::InContext(const PrimaryContext& context) {
    static const auto push = driver<int(void*)>("cuCtxPushCurrent_v2");
    entered_ = context.get() != nullptr && push(context.get()) == 0;
}

InContext::~InContext() {
    static const auto pop = driver<int(void**)>("cuCtxPopCurrent_v2");
    void* context = nullptr;
    if (entered_) pop(&context);
}

} // namespace mlvicx
