#pragma once

#include "methods/device/device.h"

#include <torch/types.h>

namespace mlvicx {

/// Measured on all threads, the best of several runs within a fifth of a second (after one that warms up).

/// Multiplications and additions per second of a product of two matrices: 768 x 768 on a CPU, 8192 x 8192 on a GPU, in
/// TF32 there for fp32, as convolutions run.
double matrix_rate(const torch::Device& device, Precision precision);

/// Bytes per second that a copy reads and writes: of 0.25 GB on a CPU, more than caches hold, of 1 GB on a GPU.
double copy_rate(const torch::Device& device);

} // namespace mlvicx
