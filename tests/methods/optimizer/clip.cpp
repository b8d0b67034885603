#include "methods/optimizer/clip.h"

#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include <torch/torch.h>

using namespace mlvicx;
using torch::Tensor;

TEST_CASE("clip: the gradients' norm is brought down as PyTorch does, and a smaller one is left", "[reference]") {
    const double largest = GENERATE(0.1, 2.0, 100.0);
    CAPTURE(largest);
    const auto parameters = [] {
        std::vector<Tensor> all;
        for (std::uint64_t i = 0; i < 3; ++i) {
            all.push_back(torch::zeros({4, 2 + static_cast<std::int64_t>(i)}).requires_grad_());
            if (i != 1) all.back().mutable_grad() = noise(all.back().sizes().vec(), 90 + i).to(torch::kFloat32);
        }
        return all;
    };
    const auto ours = parameters(), theirs = parameters();
    clip_gradients(ours, largest);
    torch::nn::utils::clip_grad_norm_(theirs, largest);
    double norm = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        if (i == 1) {
            CHECK_FALSE(ours[i].grad().defined());
            continue;
        }
        CHECK(largest_gap(ours[i].grad(), theirs[i].grad()) < 1e-7);
        norm += ours[i].grad().square().sum().item<double>();
        if (largest == 100) CHECK(ours[i].grad().equal(parameters()[i].grad()));
    }
    CHECK(std::sqrt(norm) <= largest);
}
