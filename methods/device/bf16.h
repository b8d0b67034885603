#pragma once

#include <string>

namespace mlvicx {

/// Whether LibTorch's convolutions (forward and both gradients, in either memory layout) and matrix products in bf16
/// are correct on this CPU: summed in float32, rounded once. If a processor has no instructions for them, some releases
/// sum in bf16, whose error grows with the number of summands (1.5 % at 147, more than 2 % at 1600), and others have no
/// such operator. Measured by computing: the inputs are small integers, so every product and sum is exact in float32,
/// and any result off by more than one rounding to bf16 was summed in bf16. Empty if all is correct, else what is
/// wrong, for a message. Takes about 20 ms.
std::string measure_bf16_fault();

/// The same, measured once per process.
const std::string& bf16_fault();

} // namespace mlvicx
