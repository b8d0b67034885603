#include "methods/device/world.h"

#include "mlvicx_distributed.h"

#include "core/error.h"

namespace mlvicx {

std::string world_fault() {
#ifdef MLVICX_HAS_GLOO
    return "";
#else
    return "this build has no Gloo: " MLVICX_WITHOUT_GLOO;
#endif
}

std::string world_text() {
    if (const auto fault = world_fault(); !fault.empty()) return "not built in: one process trains (" + fault + ")";
#ifdef MLVICX_HAS_NCCL
    return "Gloo on CPUs, NCCL on GPUs";
#else
    return "Gloo on CPUs; no NCCL: " MLVICX_WITHOUT_NCCL;
#endif
}

#ifndef MLVICX_HAS_GLOO
std::unique_ptr<World> join_world(const WorldOptions&) {
    user_error("several processes cannot train together: {}", world_fault());
}
#endif

} // namespace mlvicx
