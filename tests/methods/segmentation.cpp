#include "core/error.h"
#include "core/json.h"
#include "methods/device/device.h"
#include "methods/resnet.h"
#include "methods/segmentation_loss.h"
#include "methods/unet.h"
#include "methods/views/views.h"
#include "methods/views/views_parameters.h"
#include "mlvicx/context_encoder.h"

#include "tests/support/bf16.h"
#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include <torch/torch.h>

#include <numeric>

using namespace mlvicx;
using torch::Tensor;

namespace {

/// Like the maps of a small encoder at 32 pixels; odd sizes if `odd`.
std::vector<Tensor> some_maps(const std::vector<std::int64_t>& channels, std::int64_t images, bool odd = false) {
    std::vector<Tensor> maps;
    std::int64_t side = odd ? 17 : 16;
    for (std::size_t level = 0; level < channels.size(); ++level, side = (side + 1) / 2)
        maps.push_back(noise({images, channels[level], side, side}, 300 + level).to(torch::kFloat32));
    return maps;
}

Tensor flat_parameters(const torch::nn::Module& module) {
    std::vector<Tensor> parts;
    for (const auto& parameter : module.parameters()) parts.push_back(parameter.detach().flatten());
    return torch::cat(parts);
}

/// The centre of the bright pixels, (row, column).
std::pair<double, double> centre(const Tensor& image) {
    const auto weights = image.to(torch::kFloat64);
    const double sum = weights.sum().item<double>();
    const auto places = torch::arange(image.size(0), torch::kFloat64);
    return {(weights.sum(1) * places).sum().item<double>() / sum, (weights.sum(0) * places).sum().item<double>() / sum};
}

} // namespace

TEST_CASE("segmentation loss: the values of an independent implementation", "[reference]") {
    const auto file = read_json(MLVICX_TEST_DATA "/segmentation_loss.json").as_object();
    // Inputs by the closed formula of noise.h; the targets are fractions in 0..1, many of them 0 or 1.
    const auto logits = 4 * noise({3, 2, 5, 7}, 310);
    const auto targets = (1.5 * noise({3, 2, 5, 7}, 311) + 0.5).clamp(0, 1);
    const auto loss = segmentation_loss(logits, targets);
    CHECK(loss.value.scalar_type() == torch::kFloat64);
    CHECK(loss.value.item<double>() == Approx(file.at("value").as_double()).epsilon(1e-12));
    REQUIRE(loss.terms.size() == 2);
    for (const auto& [name, term] : loss.terms)
        CHECK(term.item<double>() == Approx(file.at(name).as_double()).epsilon(1e-12));
    const auto single = segmentation_loss(logits.to(torch::kBFloat16), targets.to(torch::kFloat32));
    CHECK(single.value.scalar_type() == torch::kFloat32); // raised, not lowered
    CHECK(single.value.item<double>() == Approx(loss.value.item<double>()).epsilon(0.02));
}

TEST_CASE("segmentation loss: zero if all is right, and empty masks teach to predict nothing", "[unit]") {
    auto targets = torch::zeros({2, 2, 8, 8});
    targets.index_put_({0, 0, torch::indexing::Slice(2, 6)}, 1);
    CHECK(segmentation_loss(60 * (targets - 0.5), targets).value.item<double>() < 1e-6);
    CHECK(segmentation_loss(60 * (0.5 - targets), targets).value.item<double>() > 10);
    auto logits = torch::zeros({2, 2, 8, 8}).requires_grad_();
    segmentation_loss(logits, torch::zeros({2, 2, 8, 8})).value.backward();
    CHECK(logits.grad().min().item<double>() > 0);
    CHECK_THROWS_AS(segmentation_loss(logits, torch::zeros({2, 1, 8, 8})), InternalError);
}

TEST_CASE("unet: one logit per mask at the image's size, on any encoder", "[unit]") {
    const torch::NoGradGuard no_grad;
    const auto images = noise({2, 3, 64, 64}, 312).to(torch::kFloat32);
    const std::vector<std::shared_ptr<Encoder>> encoders = {std::make_shared<ResNet>("resnet18"),
                                                            std::make_shared<ResNet>("resnet50"),
                                                            std::make_shared<ContextEncoder>("resnet18")};
    for (const auto& encoder : encoders) {
        INFO(encoder->name());
        UnetDecoder decoder(encoder->channels(), 5, 4, 1);
        const auto logits = decoder.forward(encoder->maps(images), 64);
        CHECK(logits.sizes() == torch::IntArrayRef({2, 5, 64, 64}));
        CHECK(torch::isfinite(logits).all().item<bool>());
    }
    UnetDecoder decoder({4, 8, 16}, 3, 4, 1); // sizes that no step of two reaches
    CHECK(decoder.forward(some_maps({4, 8, 16}, 2, true), 33).sizes() == torch::IntArrayRef({2, 3, 33, 33}));
    CHECK_THROWS_AS(decoder.forward(some_maps({4, 8}, 2), 32), InternalError);
    CHECK_THROWS_AS(UnetDecoder({4}, 3, 4, 1), InternalError);
}

TEST_CASE("unet: weights are a function of the seed, and all of them learn", "[unit]") {
    torch::manual_seed(1);
    UnetDecoder a({4, 8, 16}, 2, 4, 7);
    torch::manual_seed(2); // LibTorch's own generator has no influence
    UnetDecoder b({4, 8, 16}, 2, 4, 7), other({4, 8, 16}, 2, 4, 8);
    CHECK(flat_parameters(a).equal(flat_parameters(b)));
    CHECK_FALSE(flat_parameters(a).equal(flat_parameters(other)));
    const auto maps = some_maps({4, 8, 16}, 3);
    a.forward(maps, 32).square().sum().backward();
    for (const auto& entry : a.named_parameters()) {
        INFO(entry.key());
        REQUIRE(entry.value().grad().defined());
        if (entry.value().dim() == 4) CHECK(entry.value().grad().abs().max().item<double>() > 0);
    }
    const auto shares = torch::tensor({0.25, 0.01});
    a.begin_with(shares);
    const auto start = torch::sigmoid(a.forward(maps, 32));
    CHECK((start - shares.view({1, 2, 1, 1})).abs().max().item<double>() < 1e-6);
}

TEST_CASE("unet: the skip connections are used", "[unit]") {
    const torch::NoGradGuard no_grad;
    UnetDecoder decoder({4, 8, 16}, 1, 4, 3);
    decoder.eval();
    auto maps = some_maps({4, 8, 16}, 1);
    const auto before = decoder.forward(maps, 32);
    for (std::size_t level = 0; level < maps.size(); ++level) {
        auto changed = maps;
        changed[level] = -maps[level];
        INFO(level);
        CHECK((decoder.forward(changed, 32) - before).abs().max().item<double>() > 1e-3);
    }
}

TEST_CASE("unet: bf16 inside, float32 logits", "[unit]") {
    NEEDS_BF16();
    const torch::NoGradGuard no_grad;
    UnetDecoder decoder({4, 8, 16}, 2, 8, 3);
    const auto maps = some_maps({4, 8, 16}, 2);
    const auto full = decoder.forward(maps, 32);
    Tensor half;
    {
        const Autocast autocast(torch::kCPU, Precision::bf16);
        half = decoder.forward(maps, 32);
    }
    CHECK(half.scalar_type() == torch::kFloat32);
    CHECK((half - full).abs().max().item<double>() < 0.1 * full.abs().max().item<double>());
    CHECK_FALSE(half.equal(full));
}

TEST_CASE("mask views: a marker moves together in image and mask", "[unit]") {
    // A bright block on a dark image, a mask of the same pixels: the view must move both to the same place.
    const std::int64_t images = 40, size = 96;
    auto pixels = torch::zeros({images, size, size}, torch::kUInt8);
    for (std::int64_t i = 0; i < images; ++i)
        pixels[i].narrow(0, 30 + i % 20, 18).narrow(1, 25 + (7 * i) % 30, 12).fill_(255);
    std::vector<std::int64_t> indices(images);
    std::iota(indices.begin(), indices.end(), 100);
    ViewRecipe recipe;
    recipe.crop_low = 0.5;
    recipe.interpolation = "bilinear";
    recipe.jitter = recipe.blur = recipe.solarize = 0;
    const auto views = make_views(pixels, indices, recipe, 48, {9, 2, 3});
    const auto masks = make_mask_views(torch::stack({pixels, 255 - pixels}, 1), indices, recipe, 48, {9, 2, 3});
    REQUIRE(masks.sizes() == torch::IntArrayRef({images, 2, 48, 48}));
    CHECK((views.squeeze(1) - masks.select(1, 0)).abs().max().item<double>() < 1e-6);
    CHECK((1 - masks.select(1, 0) - masks.select(1, 1)).abs().max().item<double>() < 1e-5);
    int moved = 0;
    for (std::int64_t i = 0; i < images; ++i) {
        if (masks[i][0].sum().item<double>() < 20) continue; // cropped away
        const auto [row, column] = centre(masks[i][0]);
        const auto [plain_row, plain_column] = centre(plain_view(pixels.narrow(0, i, 1), 48)[0][0]);
        moved += std::abs(row - plain_row) + std::abs(column - plain_column) > 3;
    }
    CHECK(moved > images / 2); // the views do move it
}

TEST_CASE("mask views: photometric steps change only the image, and masks stay in 0..1", "[unit]") {
    const auto images = (127.5 * (noise({8, 64, 64}, 313) + 1)).to(torch::kUInt8);
    const auto masks = noise({8, 3, 64, 64}, 314).gt(0.3).to(torch::kUInt8) * 255;
    const std::vector<std::int64_t> indices = {0, 1, 2, 3, 4, 5, 6, 7};
    ViewRecipe mild;
    mild.jitter = mild.blur = mild.solarize = 0;
    ViewRecipe harsh = mild;
    harsh.jitter = harsh.blur = harsh.solarize = 1;
    const auto plain = make_mask_views(masks, indices, mild, 40, {1, 0, 3});
    CHECK(plain.equal(make_mask_views(masks, indices, harsh, 40, {1, 0, 3})));
    CHECK_FALSE(
        make_views(images, indices, mild, 40, {1, 0, 3}).equal(make_views(images, indices, harsh, 40, {1, 0, 3})));
    CHECK(plain.min().item<double>() >= 0);
    CHECK(plain.max().item<double>() <= 1);
    // An image's mask view does not depend on its neighbours in the batch.
    const auto last = make_mask_views(masks.narrow(0, 5, 1), {5}, mild, 40, {1, 0, 3});
    CHECK((last[0] - plain[5]).abs().max().item<double>() < 1e-6);
    CHECK_THROWS_AS(make_mask_views(images, indices, mild, 40, {1, 0, 3}), InternalError);
}
