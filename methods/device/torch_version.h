#pragma once

// The only place that handles differences between LibTorch releases (1.13, 2.6 and 2.11 are built and tested).

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <c10/core/Allocator.h>
#include <c10/core/DeviceType.h>
#include <c10/core/ScalarType.h>
#include <c10/util/Exception.h>
#include <torch/version.h>

#include <cstdint>
#include <string>

namespace mlvicx {

// Release 2.4 gave autocast one set of functions for all devices and deprecated the ones named after a device.
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)

inline bool autocast_enabled(c10::DeviceType device) {
    return at::autocast::is_autocast_enabled(device);
}
inline void set_autocast(c10::DeviceType device, bool enabled) {
    at::autocast::set_autocast_enabled(device, enabled);
}
inline void set_autocast_type(c10::DeviceType device, c10::ScalarType type) {
    at::autocast::set_autocast_dtype(device, type);
}

#else

inline bool autocast_enabled(c10::DeviceType device) {
    return device == c10::kCPU ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled();
}
inline void set_autocast(c10::DeviceType device, bool enabled) {
    device == c10::kCPU ? at::autocast::set_cpu_enabled(enabled) : at::autocast::set_enabled(enabled);
}
inline void set_autocast_type(c10::DeviceType device, c10::ScalarType type) {
    device == c10::kCPU ? at::autocast::set_autocast_cpu_dtype(type) : at::autocast::set_autocast_gpu_dtype(type);
}

#endif

/// A number of bytes as c10::MemoryReportingInfoBase gets it: with or without sign.
template <typename> struct ReportedBytes;
template <typename Bytes>
struct ReportedBytes<void (c10::MemoryReportingInfoBase::*)(void*, std::int64_t, Bytes, Bytes, c10::Device)> {
    using Type = Bytes;
};
using AllocatedBytes = ReportedBytes<decltype(&c10::MemoryReportingInfoBase::reportMemoryUsage)>::Type;

/// A handler of LibTorch's warnings that sees their text first.
class TextWarningHandler : public c10::WarningHandler {
public:
#if TORCH_VERSION_MAJOR >= 2
    void process(const c10::Warning& warning) final {
        if (!taken(warning.msg())) c10::WarningHandler::process(warning);
    }
#else
    void process(const c10::SourceLocation& place, const std::string& message, const bool verbatim) final {
        if (!taken(message)) c10::WarningHandler::process(place, message, verbatim);
    }
#endif

private:
    /// Whether the warning is dealt with, and not to be printed.
    virtual bool taken(const std::string& message) = 0;
};

/// The warnings of this thread go to `handler`, which lives on; null: they are printed.
inline void take_warnings(c10::WarningHandler* handler) {
#if TORCH_VERSION_MAJOR >= 2
    c10::WarningUtils::set_warning_handler(handler);
#else
    c10::Warning::set_warning_handler(handler);
#endif
}

/// Since release 2.2 deterministic algorithms come with NaN in every new tensor, which finds what is read before it is
/// written.
inline void leave_new_tensors_uninitialised([[maybe_unused]] at::Context& context) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 2)
    context.setDeterministicFillUninitializedMemory(false);
#endif
}

/// A CPU tensor in bf16, cast as autocast casts the inputs of its convolutions: weights once in the outermost scope.
inline at::Tensor autocast_to_bf16(const at::Tensor& tensor) {
    return at::autocast::cached_cast(at::kBFloat16, tensor, c10::DeviceType::CPU);
}

} // namespace mlvicx
