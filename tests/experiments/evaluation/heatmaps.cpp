#include "tests/support/catch.h"
#include "tests/support/range.h"
#include "tests/support/tiny_encoder.h"

#include "core/error.h"
#include "experiments/evaluation/finetune.h"
#include "experiments/evaluation/heatmaps.h"
#include "experiments/evaluation/linear_probe.h"
#include "methods/resnet.h"
#include "results/metrics/localisation.h"

using namespace mlvicx;
using torch::Tensor;

namespace {

Tensor seeded(const std::vector<std::int64_t>& shape, std::uint64_t stream) {
    return noise(shape, stream).to(torch::kFloat32);
}

/// A ResNet-18 in evaluation mode with a head of three classes, and two images.
struct Subject {
    std::shared_ptr<ResNet> encoder;
    LinearHead head{seeded({3, 512}, 80), seeded({3}, 81)};
    Tensor input = seeded({2, 3, 96, 96}, 82);
    Subject() {
        torch::manual_seed(3);
        encoder = std::make_shared<ResNet>("resnet18");
        encoder->eval();
    }
};

} // namespace

TEST_CASE("heatmaps: class activation maps average to the logits without the bias", "[unit]") {
    const Subject s;
    const torch::NoGradGuard no_grad;
    const auto maps = class_activation_maps(s.encoder->maps(s.input).back(), s.head.weight);
    CHECK(maps.sizes() == torch::IntArrayRef({2, 3, 3, 3}));
    const auto logits = s.encoder->forward(s.input).matmul(s.head.weight.t());
    CHECK(largest_gap(maps.mean({2, 3}), logits) < 1e-4);
}

TEST_CASE("heatmaps: Grad-CAM at the last map is the class activation map after ReLU", "[unit]") {
    const Subject s;
    const auto cam = [&] {
        const torch::NoGradGuard no_grad;
        return torch::relu(class_activation_maps(s.encoder->maps(s.input).back(), s.head.weight));
    }();
    const auto grad = grad_cam(*s.encoder, s.head, s.input, 5, {0, 1, 2});
    REQUIRE(grad.sizes() == cam.sizes());
    CHECK(cam.max().item<double>() > 0);
    CHECK((cam == 0).any().item<bool>()); // ReLU had an effect
    CHECK(largest_gap(grad * 9, cam) < 1e-5 * cam.max().item<double>());
    const auto picked = grad_cam(*s.encoder, s.head, s.input, 5, {2});
    CHECK(torch::equal(picked.select(1, 0), grad.select(1, 2)));
}

TEST_CASE("heatmaps: Grad-CAM at an inner map is its definition", "[unit]") {
    const Subject s;
    for (int layer = 1; layer <= 4; ++layer) {
        Tensor map;
        {
            const torch::NoGradGuard no_grad;
            map = s.encoder->maps(s.input)[static_cast<std::size_t>(layer - 1)].clone();
        }
        map.requires_grad_();
        auto x = layer == 1 ? s.encoder->pool(map) : map; // the rest of the network, from this map on
        for (int k = layer; k <= 4; ++k) x = s.encoder->stage(k, x);
        const auto logits = torch::addmm(s.head.bias, x.mean({2, 3}), s.head.weight.t());
        const auto expected = torch::zeros({2, 3, map.size(2), map.size(3)});
        for (std::int64_t image = 0; image < 2; ++image) // one logit of one image at a time
            for (std::int64_t c = 0; c < 3; ++c) {
                const auto gradient = torch::autograd::grad({logits[image][c]}, {map}, {}, true).front()[image];
                auto sum = torch::zeros_like(map[image][0]).detach();
                for (std::int64_t channel = 0; channel < map.size(1); ++channel)
                    sum = sum + gradient[channel].mean() * map[image][channel].detach();
                expected[image][c].copy_(sum.clamp_min(0));
            }
        const auto found = grad_cam(*s.encoder, s.head, s.input, layer, {0, 1, 2});
        INFO("layer " << layer);
        REQUIRE(found.sizes() == expected.sizes());
        CHECK(expected.max().item<double>() > 0);
        CHECK(largest_gap(found, expected) < 1e-4 * expected.max().item<double>());
    }
}

TEST_CASE("heatmaps: frozen weights have heatmaps too, and the encoder is left unchanged", "[unit]") {
    const Subject s;
    const auto before = grad_cam(*s.encoder, s.head, s.input, 4, {0});
    for (const auto& parameter : s.encoder->parameters()) parameter.requires_grad_(false);
    CHECK(torch::equal(grad_cam(*s.encoder, s.head, s.input, 4, {0}), before));
    for (const auto& parameter : s.encoder->parameters()) CHECK_FALSE(parameter.grad().defined());
    s.encoder->train();
    CHECK_THROWS_AS(grad_cam(*s.encoder, s.head, s.input, 5, {0}), InternalError);

    const ToyImages toy(40);
    const auto all =
        heatmaps(*s.encoder, s.head, toy.images, {range(0, 40), {0, 2}, 5}, {64, torch::kCPU, Precision::fp32});
    CHECK(s.encoder->is_training()); // restored
    CHECK(all.sizes() == torch::IntArrayRef({40, 2, 2, 2}));
    CHECK(all.min().item<float>() == 0);
    const auto some = heatmaps(*s.encoder, s.head, toy.images, {{39, 7}, {2}, 5}, {64, torch::kCPU, Precision::fp32});
    const double rounding = 1e-5 * all.max().item<double>();
    CHECK(largest_gap(some[0][0], all[39][1]) < rounding);
    CHECK(largest_gap(some[1][0], all[7][1]) < rounding);
    const auto inner = heatmaps(*s.encoder, s.head, toy.images, {{7}, {2}, 3}, {64, torch::kCPU, Precision::fp32});
    CHECK(inner.sizes() == torch::IntArrayRef({1, 1, 8, 8}));
    CHECK_FALSE(inner.requires_grad());
}

TEST_CASE("heatmaps: the head that an evaluation leaves makes its scores from raw features", "[unit]") {
    const ToyImages toy(160);
    OpenDataset data;
    data.images = toy.images;
    data.labels = toy.labels.clone();
    data.classes = {"stripes", "spot"};
    data.train = range(0, 100);
    data.validation = range(100, 130);
    data.test = range(130, 160);
    TinyEncoder encoder;
    const auto scores = [&](const Tensor& features, const LinearHead& head) {
        return torch::sigmoid(torch::addmm(head.bias, features, head.weight.t()));
    };
    auto features = extract_features(encoder, data.images, range(0, 160), {32, torch::kCPU, Precision::fp32});
    features.select(1, 3).fill_(0.25); // a feature that never varies has no weight
    const auto frozen = evaluate_linear_probe(features, data, LinearProbeOptions());
    CHECK(frozen.head.weight.sizes() == torch::IntArrayRef({2, 16}));
    CHECK(frozen.head.weight.select(1, 3).abs().max().item<float>() == 0);
    CHECK(largest_gap(scores(rows_of(features, data.test), frozen.head), frozen.test_scores) < 1e-5);

    FinetuneOptions options;
    options.epochs = 3;
    options.precision = "fp32";
    options.learning_rate = 0.01;
    const auto tuned = evaluate_finetuned(encoder, data, options, {1, 32, torch::kCPU});
    features = extract_features(encoder, data.images, data.test, {32, torch::kCPU, Precision::fp32});
    CHECK(largest_gap(scores(features, tuned.head), tuned.test_scores) < 1e-6);
}

TEST_CASE("heatmaps: a map is spread over the image bilinearly", "[unit]") {
    const auto map = torch::tensor({{0.0f, 1.0f}, {2.0f, 3.0f}});
    const auto wide = over_image(map, 4);
    REQUIRE(wide.size() == 16);
    CHECK(wide[0] == 0);
    CHECK(wide[1] == Approx(0.25)); // a quarter of the way between the centres of two positions
    CHECK(wide[4] == Approx(0.5));
    CHECK(wide[15] == 3);
}

TEST_CASE("heatmaps: a probe's map finds drawn blobs, and the centre prior does not", "[unit]") {
    // Noisy images of 32 x 32 pixels, half of them with a bright blob of 8 x 8 somewhere.
    const std::int64_t count = 240;
    OpenDataset data;
    auto grey = 110 + 25 * noise({count, 32, 32}, 90);
    const auto place = ((noise({count, 2}, 91) + 1) * 12).to(torch::kInt64);
    data.labels = (noise({count, 1}, 92) > 0).to(torch::kInt8);
    for (std::int64_t i = 0; i < count; ++i)
        if (data.labels[i][0].item<int>() == 1)
            grey[i].narrow(0, place[i][0].item<std::int64_t>(), 8).narrow(1, place[i][1].item<std::int64_t>(), 8) += 90;
    data.images = grey.clamp(0, 255).to(torch::kUInt8);
    data.classes = {"blob"};
    data.train = range(0, 120);
    data.validation = range(120, 160);
    data.test = range(160, count);
    TinyEncoder encoder;
    const auto features = extract_features(encoder, data.images, range(0, count), {32, torch::kCPU, Precision::fp32});
    const auto outcome = evaluate_linear_probe(features, data, LinearProbeOptions());
    const auto maps =
        heatmaps(encoder, outcome.head, data.images, {data.test, {0}, 2}, {32, torch::kCPU, Precision::fp32});
    double hits = 0, prior_hits = 0, energy = 0, prior_energy = 0, images = 0;
    const auto centre = centre_prior(32);
    for (std::size_t i = 0; i < data.test.size(); ++i) {
        const auto image = data.test[i];
        if (data.labels[image][0].item<int>() != 1) continue;
        const std::vector<PixelBox> boxes{{static_cast<double>(place[image][1].item<std::int64_t>()),
                                           static_cast<double>(place[image][0].item<std::int64_t>()), 8, 8}};
        const auto ours = localise(over_image(maps[static_cast<std::int64_t>(i)][0], 32), 32, boxes);
        const auto prior = localise(centre, 32, boxes);
        hits += ours.pointing;
        prior_hits += prior.pointing;
        energy += ours.energy;
        prior_energy += prior.energy;
        ++images;
    }
    INFO(hits << " and " << prior_hits << " of " << images << " images hit, energy " << energy / images << " and "
              << prior_energy / images);
    CHECK(images > 25);
    CHECK(hits > 0.6 * images);
    CHECK(hits > prior_hits + 0.4 * images);
    CHECK(energy > 1.5 * prior_energy);
}
