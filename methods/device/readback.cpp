#include "methods/device/readback.h"

#include <torch/torch.h>

#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <chrono>
#include <thread>

namespace mlvicx {

Readback::Readback(const torch::Tensor& values) {
    if (!values.is_cuda()) {
        host_ = values.to(torch::kFloat64);
        return;
    }
    // A copy to pageable memory would wait for the GPU.
    host_ = torch::empty(values.sizes(), torch::dtype(values.scalar_type()).pinned_memory(true));
    host_.copy_(values, /*non_blocking=*/true);
    const auto event = std::make_shared<c10::Event>(values.device().type());
    event->record(c10::impl::VirtualGuardImpl(values.device().type()).getStream(values.device()));
    copied_ = event;
}

bool Readback::ready() const {
    return !copied_ || static_cast<const c10::Event*>(copied_.get())->query();
}

torch::Tensor Readback::get() const {
    // LibTorch 1.13 cannot wait for an event. Whoever reads seldom reads late, so the pauses are few.
    while (!ready()) std::this_thread::sleep_for(std::chrono::microseconds(50));
    return host_.to(torch::kFloat64);
}

} // namespace mlvicx
