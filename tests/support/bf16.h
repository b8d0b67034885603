#pragma once

#include "methods/device/bf16.h"
#include "tests/support/catch.h"

#include <torch/torch.h>

/// Ends a test of bf16 results if bf16 is not available on this CPU; methods_bf16 tests that it is refused there.
#define NEEDS_BF16()                                                                                                   \
    do {                                                                                                               \
        if (mlvicx::bf16_fault().empty()) break;                                                                       \
        SUCCEED(mlvicx::bf16_fault());                                                                                 \
        return;                                                                                                        \
    } while (false)

namespace mlvicx {

/// The largest error of `found`, sums of products in bf16, as a fraction of what the format allows: up to 1. bf16 has 8
/// bits, so rounding a number moves it by at most 2^-8 of itself: once for each of two factors, once for their sum
/// (float32's effect on the sum is in the last digit of the constant). `sizes`: the same sums of the products' sizes.
inline double share_of_bf16_bound(const torch::Tensor& found, const torch::Tensor& exact, const torch::Tensor& sizes) {
    const auto gap = (found.detach().to(torch::kFloat64) - exact.detach().to(torch::kFloat64)).abs();
    return (gap / (sizes.detach().to(torch::kFloat64) * (3.02 * 0x1p-8))).max().item<double>();
}

} // namespace mlvicx
