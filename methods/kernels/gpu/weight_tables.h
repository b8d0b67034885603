#pragma once

#include "methods/kernels/gpu/weights.cuh"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace mlvicx::gpu {

/// Puts `count` weights into as few tables as hold them: `weight(i)` gives one, whose first block is set here, and
/// `launch(table, blocks, first)` runs over a full table, which begins with weight `first`.
template <typename Weight, typename Make, typename Launch>
void in_tables(std::size_t count, const Make& weight, const Launch& launch) {
    constexpr auto capacity = static_cast<std::size_t>(WeightTable<Weight>::capacity);
    for (std::size_t first = 0; first < count; first += capacity) {
        WeightTable<Weight> table{};
        int blocks = 0;
        for (auto i = first; i < std::min(first + capacity, count); ++i) {
            auto& place = table.weights[table.used++];
            place = weight(i);
            place.first_block = blocks;
            blocks += static_cast<int>((place.count + weight_chunk - 1) / weight_chunk);
        }
        launch(table, blocks, first);
    }
}

} // namespace mlvicx::gpu
