#include "mlvicx_distributed.h"

#ifdef MLVICX_HAS_NCCL

#define USE_C10D_NCCL
#include "methods/device/c10d_group.h"

#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

namespace mlvicx::c10d_world {

std::unique_ptr<Group> nccl_group(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size) {
    auto options = c10d::ProcessGroupNCCL::Options::create();
    options->timeout = longest_wait;
    return std::make_unique<GroupOf<c10d::ProcessGroupNCCL>>(
        c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size, options));
}

} // namespace mlvicx::c10d_world

#endif
