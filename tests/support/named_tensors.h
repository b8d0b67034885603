#pragma once

#include "methods/weights.h"

#include <torch/torch.h>

#include <algorithm>
#include <string>

namespace mlvicx {

/// Whether both modules have the same tensors, bit by bit, under the same names.
inline bool equal_state(const torch::nn::Module& a, const torch::nn::Module& b) {
    const auto same = [](const auto& x, const auto& y) {
        return x.first == y.first && torch::equal(x.second, y.second);
    };
    const auto x = state_of(a), y = state_of(b);
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), same);
}

/// All tensors but the one of this name.
inline NamedTensors without(NamedTensors state, const std::string& name) {
    std::erase_if(state, [&](const auto& entry) { return entry.first == name; });
    return state;
}

} // namespace mlvicx
