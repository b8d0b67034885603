#pragma once

// Compares pre-trainings. LibTorch before Catch2.
#include "methods/pretrain/pretrain.h"
#include "methods/weights.h"

#include <torch/torch.h>

#include "tests/support/catch.h"

#include <string>
#include <vector>

namespace mlvicx {

/// The same weights and buffers, to the bit.
inline bool equal_states(const torch::nn::Module& a, const torch::nn::Module& b) {
    const auto left = state_of(a), right = state_of(b);
    bool equal = left.size() == right.size();
    for (std::size_t i = 0; equal && i < left.size(); ++i) equal = torch::equal(left[i].second, right[i].second);
    return equal;
}

/// A record's value; the test fails if there is none.
inline double value_of(const EpochRecord& record, const std::string& name) {
    for (const auto& [key, value] : record.values)
        if (key == name) return value;
    FAIL("no value " << name);
    return 0;
}

/// Equal except for the speed.
inline bool equal_records(const std::vector<EpochRecord>& a, const std::vector<EpochRecord>& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i].epoch != b[i].epoch || a[i].values.size() != b[i].values.size()) return false;
        for (const auto& [name, value] : a[i].values)
            if (name != "images_per_second" && value_of(b[i], name) != value) return false;
    }
    return true;
}

} // namespace mlvicx
