#pragma once

#include <ATen/record_function.h>

#include <array>

namespace mlvicx {

/// The parts of a pre-training step in their order, under the names by which `pretrain` marks them.
namespace step_part {
inline constexpr const char* data = "data"; ///< the batch's images
inline constexpr const char* views = "views";
inline constexpr const char* forward = "forward";
inline constexpr const char* backward = "backward";
inline constexpr const char* recorded = "recorded";   ///< what a graph repeats of them all (recorded_pass.h)
inline constexpr const char* optimiser = "optimiser"; ///< with what the method does after it
} // namespace step_part

inline constexpr std::array step_parts = {step_part::data,     step_part::views,    step_part::forward,
                                          step_part::backward, step_part::recorded, step_part::optimiser};

/// Does `work` as a named part. LibTorch's observers see it (a user scope), its profilers too; without one it costs
/// nothing.
template <typename Work> auto in_part(const char* name, const Work& work) {
    RECORD_USER_SCOPE(name);
    return work();
}

} // namespace mlvicx
