#pragma once

#include <string>

namespace mlvicx {

/// Whether LibTorch's convolutions (forward and both gradients, in either memory layout) and matrix products in bf16
/// are right on this CPU: sums in float32, rounded once. Where a processor has no instructions for them, some releases
/// add up in bf16, whose error grows with the number of summands (one and a half per cent at 147, more than two at
/// 1600), and others have no such operator. Found out by computing: the inputs are small whole numbers, so that every
/// product and every sum is exact in float32, and whatever is off by more than one rounding to bf16 was summed in bf16.
/// Empty where all is right, else what is wrong, for a message. Takes some 20 ms.
std::string measure_bf16_fault();

/// The same, measured once in a process.
const std::string& bf16_fault();

} // namespace mlvicx
