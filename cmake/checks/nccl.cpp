// Compiles and links if this LibTorch has NCCL, and NCCL's and CUDA's headers are there.
#define USE_C10D_NCCL
#include "methods/device/c10d_group.h"

#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

int main() {
    const c10::intrusive_ptr<c10d::Store> store;
    auto options = c10d::ProcessGroupNCCL::Options::create();
    options->timeout = mlvicx::c10d_world::longest_wait;
    mlvicx::c10d_world::GroupOf<c10d::ProcessGroupNCCL> group(
        c10::make_intrusive<c10d::ProcessGroupNCCL>(store, 0, 1, options));
    return group.sum(at::ones({1}))->wait() ? 0 : 1;
}
