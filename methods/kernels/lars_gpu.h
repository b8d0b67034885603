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

/// Puts a step's numbers into `rates`, on `device`, always in the same place. Does nothing where our kernels do not
/// run.
void send_lars_rates(const LarsRates& numbers, const torch::Device& device, torch::Tensor& rates);

/// One update of all weights, which are on one device, in two launches for every 96 of them, or without a trust ratio
/// in one. Nothing waits for the device.
void lars_on_gpu(const std::vector<LarsTensors>& weights, bool trust, const torch::Tensor& rates);

} // namespace mlvicx
