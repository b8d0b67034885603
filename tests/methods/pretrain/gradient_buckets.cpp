#include "methods/pretrain/gradient_buckets.h"

#include "tests/support/noise.h"
#include "tests/support/rank_children.h"

#include <torch/torch.h>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace {

std::vector<torch::Tensor> parameters() {
    std::vector<torch::Tensor> result;
    std::uint64_t stream = 40;
    for (const auto& shape : {std::vector<std::int64_t>{4, 3, 2, 2}, {5}, {6, 5}, {7}})
        result.push_back(noise(shape, stream++));
    result[0] = result[0].contiguous(torch::MemoryFormat::ChannelsLast);
    for (auto& parameter : result) parameter.requires_grad_(true);
    return result;
}

/// Of all but the last parameter; the first one is used twice.
torch::Tensor loss_of(const std::vector<torch::Tensor>& p) {
    return p[0].square().sum() * p[1].exp().sum() + p[2].sin().sum() + p[0].pow(3).sum();
}

} // namespace

TEST_CASE("gradient buckets: gradients are sums over the ranks, in their parameters' layout", "[unit]") {
    const auto plain = parameters(), summed = parameters();
    loss_of(plain).backward();
    for (const std::int64_t bytes : {1, 100, 1 << 20}) {
        AloneWorld world(3);
        {
            GradientBuckets buckets(world, summed, bytes);
            CHECK(buckets.count() == (bytes == 1 ? 4 : bytes == 100 ? 2 : 1));
            for (int step = 0; step < 2; ++step) {
                for (auto parameter : summed) parameter.mutable_grad().reset();
                buckets.begin();
                loss_of(summed).backward();
                buckets.finish();
                for (std::size_t i = 0; i < 3; ++i) {
                    CAPTURE(bytes, step, i);
                    CHECK(torch::allclose(summed[i].grad(), 3 * plain[i].grad(), 1e-12));
                    CHECK(summed[i].grad().strides() == summed[i].strides());
                }
                CHECK_FALSE(summed[3].grad().defined()); // the loss does not depend on it
            }
            CHECK(world.sums == 2 * static_cast<int>(buckets.count()));
        }
        // Without buckets, gradients are a process's own again.
        for (auto parameter : summed) parameter.mutable_grad().reset();
        loss_of(summed).backward();
        CHECK(torch::equal(summed[0].grad(), plain[0].grad()));
    }
}
