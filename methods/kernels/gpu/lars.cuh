#pragma once

// LARS (You, Gitman and Ginsburg, arXiv:1708.03888) and SGD with momentum over many weights at once, float32: the
// passes of optimizer_kernels.h.

#include "methods/kernels/gpu/weights.cuh"

namespace mlvicx::gpu {

struct LarsWeight {
    float* w;
    const float* g;
    float* m;
    Index count;
    int first_block; ///< of the launch
    bool scaled;     ///< has weight decay and, with LARS, the trust ratio
};

struct LarsStep {
    float decay, mu;
    float rate, vector_rate; ///< of scaled weights, and of the others
    double trust;            ///< 0: no trust ratio (SGD)
};

/// Sums of squares of a block's chunk: of w and of g + decay w.
struct LarsNorms {
    float *weight, *gradient; ///< [blocks]
};

MLVICX_DEVICE float sum_of_threads(const float* sums) {
    float sum = 0;
    for (int i = 0; i < threads; ++i) sum += sums[i];
    return sum;
}

struct LarsSquares {
    struct Args {
        WeightTable<LarsWeight> table;
        const LarsStep* step;
        LarsNorms norms;
    };
    static constexpr int phases = 2;
    static constexpr int shared = 2 * threads * 4;

    MLVICX_DEVICE static void first(const Args& args, Thread t, void* memory) {
        const WeightChunk chunk(args.table, t.x);
        const LarsWeight& weight = args.table.weights[chunk.weight];
        const float decay = args.step->decay;
        float of_weight = 0, of_gradient = 0;
        if (weight.scaled)
            for (Index i = chunk.begin + t.number; i < chunk.end; i += threads) {
                const float w = weight.w[i], g = weight.g[i] + decay * w;
                of_weight += w * w;
                of_gradient += g * g;
            }
        static_cast<float*>(memory)[t.number] = of_weight;
        static_cast<float*>(memory)[threads + t.number] = of_gradient;
    }
    MLVICX_DEVICE static void second(const Args& args, Thread t, void* memory) {
        const auto* sums = static_cast<const float*>(memory);
        if (t.number == 0) args.norms.weight[t.x] = sum_of_threads(sums);
        if (t.number == 32) args.norms.gradient[t.x] = sum_of_threads(sums + threads);
    }
};

/// m = mu m + ratio (g + decay w); w -= rate m.
struct LarsUpdate {
    struct Args {
        WeightTable<LarsWeight> table;
        const LarsStep* step;
        LarsNorms norms;
    };
    static constexpr int phases = 2;
    static constexpr int shared = 2 * threads * 8;

    /// Each thread adds the norms of some of the weight's chunks.
    MLVICX_DEVICE static void first(const Args& args, Thread t, void* memory) {
        const LarsWeight& weight = args.table.weights[WeightChunk(args.table, t.x).weight];
        const auto blocks = static_cast<int>((weight.count + weight_chunk - 1) / weight_chunk);
        double of_weight = 0, of_gradient = 0;
        if (weight.scaled && args.step->trust > 0)
            for (int i = t.number; i < blocks; i += threads) {
                of_weight += static_cast<double>(args.norms.weight[weight.first_block + i]);
                of_gradient += static_cast<double>(args.norms.gradient[weight.first_block + i]);
            }
        static_cast<double*>(memory)[t.number] = of_weight;
        static_cast<double*>(memory)[threads + t.number] = of_gradient;
    }
    MLVICX_DEVICE static void second(const Args& args, Thread t, void* memory) {
        const WeightChunk chunk(args.table, t.x);
        const LarsWeight& weight = args.table.weights[chunk.weight];
        const LarsStep step = *args.step;
        float ratio = 1;
        if (weight.scaled && step.trust > 0) {
            const auto* sums = static_cast<const double*>(memory);
            const auto blocks = static_cast<int>((weight.count + weight_chunk - 1) / weight_chunk);
            double of_weight = 0, of_gradient = 0;
            for (int i = 0; i < threads && i < blocks; ++i) {
                of_weight += sums[i];
                of_gradient += sums[threads + i];
            }
            if (of_weight > 0 && of_gradient > 0)
                ratio = static_cast<float>(step.trust * sqrt(of_weight) / sqrt(of_gradient));
        }
        const float decay = weight.scaled ? step.decay : 0, rate = weight.scaled ? step.rate : step.vector_rate;
        for (Index i = chunk.begin + t.number; i < chunk.end; i += threads) {
            const float w = weight.w[i], m = step.mu * weight.m[i] + ratio * (weight.g[i] + decay * w);
            weight.m[i] = m;
            weight.w[i] = w - rate * m;
        }
    }
};

} // namespace mlvicx::gpu

MLVICX_KERNEL(lars_squares, mlvicx::gpu::LarsSquares)
MLVICX_KERNEL(lars_update, mlvicx::gpu::LarsUpdate)
