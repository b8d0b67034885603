#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include "methods/pretrain/diagnostics.h"

using namespace mlvicx;

namespace {
/// Standard normal numbers from the reference formula (Box-Muller).
torch::Tensor normal(std::int64_t n, std::int64_t d, std::uint64_t stream) {
    const auto u = (noise({n, d}, stream) + 1) / 2, v = noise({n, d}, stream + 1);
    return torch::sqrt(-2 * torch::log(u.clamp_min(1e-12))) * torch::cos(M_PI * v);
}
} // namespace

TEST_CASE("diagnostics: collapsed embeddings", "[unit]") {
    const auto same = noise({1, 64}, 1).expand({32, 64});
    CHECK(embedding_std(same) == Approx(0).margin(1e-12));
    CHECK(effective_rank(same) == Approx(1).epsilon(1e-4));
    CHECK(effective_rank(torch::zeros({8, 4})) == 1);
    CHECK(embedding_std(torch::zeros({8, 4})) == 0);
    CHECK(embedding_std(torch::ones({1, 4})) == 0);
    CHECK(std::isnan(effective_rank(torch::full({4, 4}, NAN))));
}

TEST_CASE("diagnostics: isotropic embeddings", "[unit]") {
    const auto z = normal(256, 64, 3).to(torch::kFloat32);
    CHECK(embedding_std(z) == Approx(1 / std::sqrt(64.0)).epsilon(0.02));
    CHECK(effective_rank(z) > 0.9 * 64);
    CHECK(effective_rank(z) <= 64);
    CHECK(effective_rank(z.t()) == Approx(effective_rank(z)));
    CHECK(effective_rank(torch::eye(16)) == Approx(16));
    CHECK(effective_rank(normal(16, 512, 5)) > 15);
}

TEST_CASE("diagnostics: the effective rank is exp of the entropy of the singular values", "[unit]") {
    const auto singular = std::get<1>(torch::svd(normal(40, 24, 7)));
    const auto p = singular / singular.sum();
    CHECK(effective_rank(normal(40, 24, 7)) == Approx(std::exp(-(p * p.log()).sum().item<double>())));
    // Two equal directions among many: rank two, whatever the scale.
    const auto two = 1e-3 * torch::cat({torch::eye(2), torch::zeros({2, 30})}, 1).repeat({8, 1});
    CHECK(effective_rank(two) == Approx(2).epsilon(1e-5));
}

TEST_CASE("diagnostics: a feature varies if its standard deviation exceeds the rounding of its summands", "[unit]") {
    // Deviations next to typical features of 1: 1e-2, rounding, a shut gate's whole range, a constant, a small feature.
    const auto base = noise({64, 8}, 21);
    const auto features =
        torch::cat({1 + 1e-2 * base.narrow(1, 0, 1), 0.5 + 4e-6 * base.narrow(1, 1, 1), 1e-26 * base.narrow(1, 2, 1),
                    torch::ones({64, 1}, torch::kFloat64), 1e-3 * base.narrow(1, 3, 1), base.narrow(1, 4, 4)},
                   1)
            .to(torch::kFloat32);
    const auto expected = torch::tensor({1, 0, 0, 0, 1, 1, 1, 1, 1}, torch::kBool);
    CHECK(varying_features(features, Precision::fp32).equal(expected));
    CHECK(varying_features(1e-12 * features, Precision::fp32).equal(expected)); // relative to all features, not to one
    CHECK_FALSE(varying_features(features.narrow(0, 0, 1), Precision::fp32).any().item<bool>());
    CHECK_FALSE(varying_features(features.narrow(0, 0, 0), Precision::fp32).any().item<bool>());
    // One step of bf16 between two neighbours is rounding there, and a difference in float32.
    const auto step = (1 + (base.narrow(1, 0, 2) > 0).to(torch::kFloat32) * 0x1p-7).to(torch::kBFloat16);
    CHECK(varying_features(step.to(torch::kFloat32), Precision::fp32).all().item<bool>());
    CHECK_FALSE(varying_features(step.to(torch::kFloat32), Precision::bf16).any().item<bool>());
}
