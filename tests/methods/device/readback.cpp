#include "methods/device/readback.h"

#include "tests/support/catch.h"

#include <torch/torch.h>

using namespace mlvicx;

TEST_CASE("readback: a tensor on the CPU is there at once, in float64", "[unit]") {
    const auto values = torch::tensor({0.5F, -2.0F, 3.25F});
    const Readback readback(values);
    REQUIRE(readback.ready());
    CHECK(readback.get().scalar_type() == torch::kFloat64);
    CHECK(readback.get().equal(values.to(torch::kFloat64)));
}

TEST_CASE("readback: a GPU's values are those of the time when they were sent", "[gpu]") {
    if (!torch::cuda::is_available()) SKIP_TEST("no CUDA device");
    const auto matrix = torch::full({4096, 4096}, 1.0 / 4096, torch::kCUDA);
    auto product = matrix;
    for (int i = 0; i < 50; ++i) product = product.matmul(matrix); // keeps the GPU busy
    auto value = product.mean();
    const Readback readback(value);
    value.fill_(7);
    CHECK(readback.get().item<double>() == Approx(1.0 / 4096).epsilon(1e-3));
    CHECK(readback.ready());
}
