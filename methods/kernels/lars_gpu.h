#pragma once

#include <torch/types.h>

#include <vector>

namespace mlvicx {

/// A weight, its gradient and its momentum on a GPU. `scaled`: it has weight decay and, with LARS, the trust ratio.
struct LarsTensors {
    torch::Tensor w, g, m;
    bool scaled;
};
struct LarsRates {
    double decay, mu;
    double rate, vector_rate; ///< of scaled weights, and of the others
    double trust;             ///< 0: no trust ratio (SGD)
};

/// True if `lars_on_gpu` takes them: float32, all three dense and in one layout.
bool lars_runs_on_gpu(const torch::Tensor& w, const torch::Tensor& g, const torch::Tensor& m);

/// One update of all weights, which are on one device, in two launches for every 96 of them. Nothing waits for the
/// device.
void lars_on_gpu(const std::vector<LarsTensors>& weights, const LarsRates& rates);

} // namespace mlvicx
