#pragma once

// Many weights in one launch, for optimisers: a block has a chunk of one weight.

#include "methods/kernels/gpu/kernel.cuh"

namespace mlvicx::gpu {

constexpr int weight_chunk = 1 << 15;

/// So many weights that they fit in the arguments of a launch, at most 4 KiB, with some room for others. A `Weight` has
/// a `count` of values and the `first_block` of the launch.
template <typename Weight> struct WeightTable {
    static constexpr int capacity = 3840 / static_cast<int>(sizeof(Weight));
    Weight weights[capacity];
    int used;
};

/// A block's weight and its chunk.
struct WeightChunk {
    int weight;
    Index begin, end;

    template <typename Weight> MLVICX_DEVICE WeightChunk(const WeightTable<Weight>& table, int block) {
        int low = 0, high = table.used; // first_block of the searched one <= block
        while (high - low > 1) {
            const int middle = (low + high) / 2;
            (table.weights[middle].first_block <= block ? low : high) = middle;
        }
        weight = low;
        begin = Index{block - table.weights[low].first_block} * weight_chunk;
        const Index left = table.weights[low].count - begin;
        end = begin + (left < weight_chunk ? left : weight_chunk);
    }
};

} // namespace mlvicx::gpu
