#include "methods/device/bf16.h"

#include "core/error.h"
#include "methods/device/device.h"
#include "tests/support/bf16.h"
#include "tests/support/noise.h"

#include <ATen/Context.h>

using namespace mlvicx;
using torch::Tensor;

namespace {

/// LibTorch's own kernels instead of oneDNN's for a scope: what a CPU without bf16 instructions uses.
class WithoutOneDnn {
public:
    WithoutOneDnn() : before_(at::globalContext().userEnabledMkldnn()) {
        at::globalContext().setUserEnabledMkldnn(false);
    }
    ~WithoutOneDnn() { at::globalContext().setUserEnabledMkldnn(before_); }
    WithoutOneDnn(const WithoutOneDnn&) = delete;
    WithoutOneDnn& operator=(const WithoutOneDnn&) = delete;

private:
    bool before_;
};

/// The error of sums of `terms` products in bf16, in roundings to bf16: at most about 1 if they are summed in float32
/// and rounded once, growing with `terms` if each addition is rounded. Inputs exact in bf16, float64 as reference.
double roundings(std::int64_t terms) {
    const auto a = noise({24, terms}, 1).to(torch::kBFloat16), b = noise({terms, 40}, 2).to(torch::kBFloat16);
    const auto exact = a.to(torch::kFloat64).mm(b.to(torch::kFloat64));
    const auto gap = (a.mm(b).to(torch::kFloat64) - exact).abs();
    return (gap.mean() / (exact.abs().mean() * 0x1p-8)).item<double>();
}

std::string refusal() {
    try {
        precision_from("bf16", torch::kCPU);
    } catch (const UserError& error) {
        return error.what();
    }
    return "";
}

} // namespace

TEST_CASE("bf16: if no fault is found, errors of long sums are those of one rounding", "[unit]") {
    NEEDS_BF16();
    for (const std::int64_t terms : {64, 1024, 8192}) CHECK(roundings(terms) < 1);
}

TEST_CASE("bf16: kernels that sum in bf16 are detected, others are not", "[unit]") {
    const WithoutOneDnn without;
    // LibTorch 1.13's own product rounds after every addition, later ones do not: the measurement must agree.
    const bool grows = roundings(8192) > 4;
    CAPTURE(roundings(64), roundings(1024), roundings(8192), measure_bf16_fault());
    if (grows) CHECK(measure_bf16_fault().find("sums products in bf16 on this CPU: ") != std::string::npos);
    if (measure_bf16_fault().empty()) CHECK_FALSE(grows);
}

TEST_CASE("bf16: used only if it is correct; otherwise a request is refused with the reason", "[unit]") {
    const torch::Device cpu(torch::kCPU);
    if (bf16_fault().empty()) {
        CHECK(precision_from("bf16", cpu) == Precision::bf16);
        return;
    }
    CHECK_FALSE(has_fast_bf16(cpu));
    CHECK(precision_from("auto", cpu) == Precision::fp32);
    CHECK(refusal() == "precision 'bf16' is not available on this CPU: " + bf16_fault() + "; expected auto or fp32");
}
