#include "experiments/bench/part_timer.h"

#include "core/error.h"

#include <torch/torch.h>

#include <chrono>
#include <memory>

namespace mlvicx {

namespace {

/// LibTorch's callbacks are plain functions.
thread_local PartTimer* active_timer = nullptr;

} // namespace

struct PartTimer::Begin : at::ObserverContext {
    std::chrono::steady_clock::time_point time = std::chrono::steady_clock::now();
};

PartTimer::PartTimer(const torch::Device& device) : device_(device) {
    ensure(active_timer == nullptr, "parts are timed already");
    active_timer = this;
    const auto begin = [](const at::RecordFunction&) -> std::unique_ptr<at::ObserverContext> {
        active_timer->wait();
        return std::make_unique<Begin>();
    };
    const auto end = [](const at::RecordFunction& part, at::ObserverContext* context) {
        active_timer->wait();
        const auto begun = static_cast<const Begin*>(context)->time;
        active_timer->seconds_[part.name()] +=
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    };
    handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(begin, end).scopes({at::RecordScope::USER_SCOPE}));
}

PartTimer::~PartTimer() {
    at::removeCallback(handle_);
    active_timer = nullptr;
}

void PartTimer::wait() const {
    if (device_.is_cuda()) torch::cuda::synchronize(device_.index());
}

} // namespace mlvicx
