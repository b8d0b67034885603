#pragma once

// AdamW (Loshchilov and Hutter, ICLR 2019) over many weights at once, float32: adamw_step of optimizer_kernels.h.

#include "methods/kernels/gpu/weights.cuh"

namespace mlvicx::gpu {

struct AdamwWeight {
    float* w;
    const float* g;
    float *mean, *square;
    Index count;
    int first_block; ///< of the launch
    bool decays;     ///< weights do, vectors do not
};

/// As AdamwStep, for weights and for vectors.
struct AdamwRates {
    float kept, vector_kept, rate, vector_rate;
    float beta1, beta2, deviation_scale, epsilon;
};

struct AdamwUpdate : OnePhase {
    struct Args {
        WeightTable<AdamwWeight> table;
        const AdamwRates* rates;
    };

    MLVICX_DEVICE static void first(const Args& args, Thread t, void*) {
        const WeightChunk chunk(args.table, t.x);
        const AdamwWeight& weight = args.table.weights[chunk.weight];
        const AdamwRates rates = *args.rates;
        const float kept = weight.decays ? rates.kept : rates.vector_kept;
        const float rate = weight.decays ? rates.rate : rates.vector_rate;
        for (Index i = chunk.begin + t.number; i < chunk.end; i += threads) {
            const float g = weight.g[i];
            const float mean = rates.beta1 * weight.mean[i] + (1 - rates.beta1) * g;
            const float square = rates.beta2 * weight.square[i] + (1 - rates.beta2) * g * g;
            weight.mean[i] = mean;
            weight.square[i] = square;
            weight.w[i] = kept * weight.w[i] - rate * mean / (sqrtf(square) * rates.deviation_scale + rates.epsilon);
        }
    }
};

} // namespace mlvicx::gpu

MLVICX_KERNEL(adamw_update, mlvicx::gpu::AdamwUpdate)
