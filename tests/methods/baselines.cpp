#include "baselines/barlow_twins.h"
#include "baselines/byol.h"
#include "baselines/simclr.h"
#include "baselines/vicreg.h"
#include "methods/losses.h"
#include "methods/optimizer/schedule.h"
#include "methods/resnet.h"
#include "tests/support/bf16.h"
#include "tests/support/tiny_training.h"

#include <fmt/ranges.h>

using namespace mlvicx;

namespace {

std::shared_ptr<Encoder> encoder() {
    torch::manual_seed(3);
    return std::make_shared<ResNet>("resnet18");
}

std::vector<std::pair<std::string, std::shared_ptr<Method>>> small_baselines() {
    SimclrOptions simclr;
    simclr.hidden = 64, simclr.output = 32;
    ByolOptions byol;
    byol.hidden = 64, byol.output = 32;
    VicregOptions vicreg;
    vicreg.hidden = vicreg.output = 64;
    BarlowTwinsOptions barlow;
    barlow.hidden = barlow.output = 64;
    return {{"simclr", make_simclr(encoder(), simclr)},
            {"byol", make_byol(encoder(), byol)},
            {"vicreg", make_vicreg(encoder(), vicreg)},
            {"barlow_twins", make_barlow_twins(encoder(), barlow)}};
}

std::shared_ptr<Method> small(const std::string& name) {
    for (const auto& [key, method] : small_baselines())
        if (key == name) return method;
    throw std::logic_error(name);
}

/// The shapes of the parameters below `prefix`, as text: "512x4096 4096 ...".
std::string shapes(const Method& method, const std::string& prefix) {
    std::string text;
    for (const auto& item : method.named_parameters())
        if (item.key().rfind(prefix, 0) == 0)
            text += fmt::format("{}{}", text.empty() ? "" : " ", fmt::join(item.value().sizes().vec(), "x"));
    return text;
}

std::int64_t batches_seen(const Encoder& net) {
    return net.named_buffers()["bn1.num_batches_tracked"].item<std::int64_t>();
}

} // namespace

TEST_CASE("baselines: default heads have the authors' layers", "[unit]") {
    CHECK(shapes(*make_simclr(encoder(), {}), "projector.") == "512x512 512 512 512x512 512 512 128x512 128 128");
    CHECK(shapes(*make_vicreg(encoder(), {}), "projector.") ==
          "8192x512 8192 8192 8192 8192x8192 8192 8192 8192 8192x8192");
    CHECK(shapes(*make_barlow_twins(encoder(), {}), "projector.") ==
          "8192x512 8192 8192 8192x8192 8192 8192 8192x8192");
    const auto byol = make_byol(encoder(), {});
    CHECK(shapes(*byol, "online.projector.") == "4096x512 4096 4096 4096 256x4096");
    CHECK(shapes(*byol, "target.projector.") == "4096x512 4096 4096 4096 256x4096");
    CHECK(shapes(*byol, "predictor.") == "4096x256 4096 4096 4096 256x4096");
}

TEST_CASE("baselines: recipes carry the authors' constants", "[unit]") {
    PretrainOptions o;
    auto rates = [&] {
        return std::vector<double>{o.optimizer.learning_rate, o.optimizer.bias_rate_factor * o.optimizer.learning_rate,
                                   o.optimizer.weight_decay, o.schedule.warmup_epochs, o.schedule.final_factor};
    };
    auto views = [&] {
        return std::vector<double>{o.view1.brightness, o.view1.contrast, o.view1.blur,     o.view2.blur,
                                   o.view1.solarize,   o.view2.solarize, o.view1.crop_low, o.view2.crop_low};
    };
    const std::vector<double> byol_like{0.4, 0.4, 1.0, 0.1, 0, 0.2, 0.08, 0.08};

    simclr_recipe(o);
    CHECK(rates() == std::vector<double>{0.3, 0.3, 1e-6, 10, 0});
    CHECK(views() == std::vector<double>{0.8, 0.8, 0.5, 0.5, 0, 0, 0.08, 0.08});
    for (const auto& [epochs, rate, decay] : {std::tuple{100, 0.45, 1e-6}, {300, 0.3, 1e-6}, {1000, 0.2, 1.5e-6}}) {
        o.epochs = epochs;
        byol_recipe(o);
        CHECK(rates() == std::vector<double>{rate, rate, decay, 10, 0});
        CHECK(views() == byol_like);
    }
    barlow_twins_recipe(o);
    CHECK(o.optimizer.learning_rate == 0.2);
    CHECK_THAT(o.optimizer.bias_rate_factor * o.optimizer.learning_rate, WithinRel(0.0048, 1e-12));
    CHECK(o.schedule.final_factor == 0.001);
    CHECK(views() == byol_like);
    vicreg_recipe(o);
    CHECK(rates() == std::vector<double>{0.2, 0.2, 1e-6, 10, 0.001});
    CHECK(views() == byol_like);
    CHECK(o.optimizer.name == "lars");
}

TEST_CASE("baselines: SimCLR's batch norm sees both views together, the others' separately", "[unit]") {
    for (const auto& [name, method] : small_baselines()) {
        const auto [a, b] = tiny_views(4, 32);
        method->step(a, b);
        INFO(name);
        CHECK(batches_seen(method->encoder()) == (name == "simclr" ? 1 : 2));
    }
}

TEST_CASE("baselines: a step's loss is the loss function of both embeddings", "[unit]") {
    const auto method = small("vicreg");
    const auto [a, b] = tiny_views(4, 32);
    const auto output = method->step(a, b), swapped = method->step(b, a);
    const auto expected = vicreg_loss(output.embedding, swapped.embedding);
    CHECK_THAT(output.loss.item<double>(), WithinRel(expected.value.item<double>(), 1e-4));
    REQUIRE(output.terms.size() == 3);
    CHECK_THAT(output.terms[0].second.item<double>(), WithinRel(expected.terms[0].second.item<double>(), 1e-4));
    CHECK_FALSE(output.terms[0].second.requires_grad());
    CHECK_FALSE(output.embedding.requires_grad());
}

TEST_CASE("byol: the target starts as an equal copy without gradient, and moves at its rate", "[unit]") {
    ByolOptions options;
    options.hidden = 64, options.output = 32, options.target_rate = 0.9;
    const auto method = make_byol(encoder(), options);
    const auto parameters = method->named_parameters(), buffers = method->named_buffers();
    std::vector<std::pair<torch::Tensor, torch::Tensor>> pairs; // online, target
    for (const auto* list : {&parameters, &buffers})
        for (const auto& item : *list)
            if (item.key().rfind("target.", 0) == 0)
                pairs.emplace_back((*list)["online." + item.key().substr(7)], item.value());
    REQUIRE(pairs.size() == 60 + 5 + 60 + 3); // parameters of encoder and projector, buffers of their norms
    for (const auto& [online, target] : pairs) {
        CHECK(torch::equal(online, target));
        CHECK(online.data_ptr() != target.data_ptr());
        CHECK_FALSE(target.requires_grad());
    }

    torch::NoGradGuard no_grad;
    auto online = parameters["online.encoder.conv1.weight"], target = parameters["target.encoder.conv1.weight"];
    const auto start = target.clone();
    online.add_(1);
    CHECK(torch::equal(target, start));
    method->after_step(0.25);
    const double rate = momentum_rate(0.9, 0.25);
    CHECK(torch::allclose(target, rate * start + (1 - rate) * online, 1e-6, 1e-7));
    method->after_step(1); // at the end the target stops moving
    CHECK(torch::allclose(target, rate * start + (1 - rate) * online, 1e-6, 1e-7));
}

TEST_CASE("byol: only the predictor has its own learning rate", "[unit]") {
    ByolOptions options;
    options.hidden = 64, options.output = 32, options.predictor_rate_factor = 10;
    const auto method = make_byol(encoder(), options);
    int predictor = 0;
    for (const auto& item : method->named_parameters()) {
        const bool inside = item.key().rfind("predictor", 0) == 0;
        CHECK(method->rate_factor(item.key()) == (inside ? 10 : 1));
        predictor += inside;
    }
    CHECK(predictor == 5); // two linear layers, one without bias, and a norm
    CHECK(make_byol(encoder(), {})->rate_factor("predictor.0.weight") == 1);
}

TEST_CASE("byol: the target's batch norm uses its own statistics in training mode", "[unit]") {
    const auto method = small("byol");
    const auto [a, b] = tiny_views(4, 32);
    method->step(a, b);
    const auto buffers = method->named_buffers();
    CHECK(buffers["target.encoder.bn1.num_batches_tracked"].item<std::int64_t>() == 2);
    CHECK(torch::equal(buffers["target.encoder.bn1.running_mean"], buffers["online.encoder.bn1.running_mean"]));
    {
        torch::NoGradGuard no_grad;
        method->named_parameters()["online.encoder.conv1.weight"].mul_(2);
    }
    method->step(a, b);
    CHECK_FALSE(torch::equal(buffers["target.encoder.bn1.running_mean"], buffers["online.encoder.bn1.running_mean"]));
    const auto mean = buffers["target.encoder.bn1.running_mean"].clone();
    method->after_step(0.5);
    CHECK(torch::equal(mean, buffers["target.encoder.bn1.running_mean"]));
}

TEST_CASE("baselines: gradients reach what is trained and nothing else", "[unit]") {
    check_gradient_flow(*small("simclr"), {"projector.7.bias"});
    check_gradient_flow(*small("byol"), {"target."});
    check_gradient_flow(*small("vicreg"), {});
    check_gradient_flow(*small("barlow_twins"), {});
}

TEST_CASE("baselines: a bf16 step is finite and near the float32 step", "[unit]") {
    NEEDS_BF16();
    for (const auto& [name, method] : small_baselines()) {
        INFO(name);
        check_bf16(*method);
    }
}

TEST_CASE("baselines: SimCLR learns", "[unit]") {
    check_learns(*small("simclr"), 0.1, 12, 0.7);
}
TEST_CASE("baselines: BYOL learns", "[unit]") {
    check_learns(*small("byol"), 0.05, 20, 0.7);
}
TEST_CASE("baselines: VICReg learns", "[unit]") {
    check_learns(*small("vicreg"), 0.01, 20, 0.8);
}
TEST_CASE("baselines: Barlow Twins learns", "[unit]") {
    check_learns(*small("barlow_twins"), 0.01, 15, 0.6);
}
