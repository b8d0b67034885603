#include "mlvicx/context_encoder.h"

#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include <torch/torch.h>

using namespace mlvicx;

TEST_CASE("mlvicx: the reported attention is what the maps are multiplied by", "[unit]") {
    torch::manual_seed(6);
    ContextEncoder encoder("resnet18");
    encoder.eval();
    const torch::NoGradGuard no_grad;
    const auto images = noise({2, 3, 64, 64}, 53).to(torch::kFloat32);
    const auto maps = encoder.maps(images), gates = encoder.attention(images);
    REQUIRE(gates.size() == 5);
    for (std::size_t k = 0; k < 5; ++k) {
        CHECK(gates[k].sizes() == torch::IntArrayRef({2, 1, maps[k].size(2), maps[k].size(3)}));
        CHECK(gates[k].min().item<float>() > 0);
        CHECK(gates[k].max().item<float>() < 1);
    }
    const auto weights = encoder.named_parameters();
    auto x = encoder.stem(images);
    for (int k = 0; k < 5; ++k) {
        const auto weight = [&](const std::string& name) {
            return weights["context." + std::to_string(k) + "." + name + ".weight"];
        };
        const auto descriptor = [&](const torch::Tensor& pooled) {
            return torch::conv2d(torch::relu(torch::conv2d(pooled, weight("squeeze"))), weight("expand"));
        };
        const auto y = x * torch::sigmoid(descriptor(x.mean({2, 3}, true)) + descriptor(x.amax({2, 3}, true)));
        const auto planes = torch::cat({y.mean({1}, true), y.amax({1}, true)}, 1);
        const auto gate = torch::sigmoid(torch::conv2d(planes, weight("spatial"), {}, 1, 3));
        const auto at = static_cast<std::size_t>(k);
        CHECK(torch::allclose(gates[at], gate, 1e-4, 1e-5));
        CHECK(torch::allclose(maps[at], y * gate, 1e-3, 1e-4));
        if (k < 4) x = encoder.stage(k + 1, k == 0 ? encoder.pool(maps[0]) : maps[at]);
    }
}

TEST_CASE("mlvicx: bottlenecks with one part equal their plain form, gradients too", "[unit]") {
    for (const auto parts : {ContextParts::channel, ContextParts::spatial}) {
        const bool channel = parts == ContextParts::channel;
        torch::manual_seed(6);
        ContextEncoder encoder("resnet18", parts);
        encoder.to(torch::kFloat64);
        encoder.eval();
        CHECK(encoder.name() == (channel ? "resnet18+channel_context" : "resnet18+spatial_context"));
        const auto images = noise({2, 3, 64, 64}, 53);
        const auto weights = encoder.named_parameters();
        CHECK(weights.contains("context.0.squeeze.weight") == channel);
        CHECK(weights.contains("context.0.spatial.weight") == !channel);
        CHECK(encoder.attention(images).size() == (channel ? 0 : 5));
        auto x = encoder.stem(images);
        std::vector<torch::Tensor> plain;
        for (int k = 0; k < 5; ++k) {
            const auto weight = [&](const std::string& name) {
                return weights["context." + std::to_string(k) + "." + name + ".weight"];
            };
            const auto descriptor = [&](const torch::Tensor& pooled) {
                return torch::conv2d(torch::relu(torch::conv2d(pooled, weight("squeeze"))), weight("expand"));
            };
            const auto gate = channel
                                  ? torch::sigmoid(descriptor(x.mean({2, 3}, true)) + descriptor(x.amax({2, 3}, true)))
                                  : torch::sigmoid(torch::conv2d(torch::cat({x.mean({1}, true), x.amax({1}, true)}, 1),
                                                                 weight("spatial"), {}, 1, 3));
            plain.push_back(x * gate);
            if (k < 4) x = encoder.stage(k + 1, k == 0 ? encoder.pool(plain.back()) : plain.back());
        }
        const auto maps = encoder.maps(images);
        torch::Tensor fast, direct;
        for (std::size_t k = 0; k < 5; ++k) {
            CHECK(torch::allclose(maps[k], plain[k], 1e-10, 1e-12));
            const auto add = [](const torch::Tensor& sum, const torch::Tensor& map) {
                return sum.defined() ? sum + map.square().mean() : map.square().mean();
            };
            fast = add(fast, maps[k]);
            direct = add(direct, plain[k]);
        }
        const auto parameters = encoder.parameters();
        const auto g = torch::autograd::grad({fast}, parameters), e = torch::autograd::grad({direct}, parameters);
        for (std::size_t i = 0; i < g.size(); ++i) CHECK(torch::allclose(g[i], e[i], 1e-8, 1e-11));
    }
}

TEST_CASE("mlvicx: a new context bottleneck passes on every channel and position, about halved by each gate",
          "[unit]") {
    ContextEncoder encoder("resnet18");
    ResNet plain("resnet18");
    encoder.eval();
    plain.eval();
    const torch::NoGradGuard no_gradient;
    auto shared = encoder.named_parameters();
    for (auto& item : plain.named_parameters()) item.value().copy_(shared[item.key()]);
    const auto images = torch::randn({4, 3, 64, 64});
    // The first bottleneck gets the same map that a plain ResNet passes on.
    const auto ratio = encoder.maps(images)[0] / plain.maps(images)[0];
    const auto gates = ratio.index({plain.maps(images)[0] > 0.1});
    CHECK(gates.min().item<double>() > 0.05);
    CHECK(gates.max().item<double>() < 0.6);
}
