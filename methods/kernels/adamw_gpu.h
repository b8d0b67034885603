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

/// One update of all weights, which are on one device, in one launch for every 80 of them. Nothing waits for the
/// device. The two steps differ in `kept` and `rate` only.
void adamw_on_gpu(const std::vector<AdamwTensors>& weights, const AdamwStep& of_weights, const AdamwStep& of_vectors);

} // namespace mlvicx
