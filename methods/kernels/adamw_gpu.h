#pragma once

#include "methods/kernels/optimizer_kernels.h"

#include <torch/types.h>

#include <vector>

namespace mlvicx {

/// A weight, its gradient and its two moments on a GPU. `decays`: with the weights' step, else with the vectors'.
struct AdamwTensors {
    torch::Tensor w, g, mean, square;
    bool decays;
};

/// True if `adamw_on_gpu` takes them.
bool adamw_runs_on_gpu(const torch::Tensor& w, const torch::Tensor& g);

/// Puts a step's numbers into `rates`, on `device`, always in the same place. The two steps differ in `kept` and `rate`
/// only. Does nothing where our kernels do not run.
void send_adamw_rates(const AdamwStep& of_weights, const AdamwStep& of_vectors, const torch::Device& device,
                      torch::Tensor& rates);

/// One update of all weights, which are on one device, in one launch for every 80 of them. Nothing waits for the
/// device.
void adamw_on_gpu(const std::vector<AdamwTensors>& weights, const torch::Tensor& rates);

} // namespace mlvicx
