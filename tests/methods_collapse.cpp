// Each method is broken on purpose, as it could be by a wrong option or a mistake in its code, trained, and found out
// by health.h; unbroken it is healthy after the same training.
#include "tests/catch.h"
#include "tests/small_method.h"

#include "baselines/barlow_twins.h"
#include "baselines/byol.h"
#include "baselines/simclr.h"
#include "baselines/vicreg.h"
#include "methods/heads.h"
#include "methods/health.h"
#include "mlvicx/context_encoder.h"
#include "mlvicx/mlvicx.h"

using namespace mlvicx;

namespace {

constexpr std::int64_t width = 64;

PretrainOptions easy_options(std::int64_t epochs) {
    auto options = small_options();
    options.epochs = epochs;
    options.batch_size = 16;
    options.optimizer.name = "adamw";
    options.optimizer.learning_rate = 3e-3;
    options.optimizer.weight_decay = 0;
    for (auto* view : {&options.view1, &options.view2}) {
        view->crop_low = 0.6;
        view->blur = 0;
        view->interpolation = "bilinear";
    }
    return options;
}

HealthReport trained(const std::shared_ptr<Method>& method, const PretrainOptions& options) {
    const OneThread one_thread;
    const auto films = small_films(128);
    const auto report = health_of(pretrain(*method, films, all_of(films), options, torch::kCPU, {}, "run"));
    UNSCOPED_INFO(name_of(report.verdict) << ": " << report.reason);
    return report;
}

template <typename Make> std::shared_ptr<Method> made(Make make) {
    torch::manual_seed(8);
    return make(std::make_shared<TinyEncoder>());
}

/// BYOL without predictor, moving target and stop-gradient: nothing is left that keeps embeddings apart.
class BareByol : public Method {
public:
    explicit BareByol(std::shared_ptr<Encoder> encoder) : encoder_(register_module("encoder", std::move(encoder))) {
        HeadOptions head{.in = encoder_->features(), .hidden = {width}, .out = width};
        head.hidden_bias = true;
        projector_ = register_module("projector", make_head(head));
    }
    StepOutput step(const torch::Tensor& view1, const torch::Tensor& view2) override {
        const auto features1 = encoder_->forward(view1), features2 = encoder_->forward(view2);
        const auto [z1, z2] = forward_both(projector_, features1, features2);
        const auto unit = [](const torch::Tensor& z) { return z / z.norm(2, 1, true); };
        return {(unit(z1) - unit(z2)).square().sum(1).mean(), {}, z1.detach()};
    }
    Encoder& encoder() override { return *encoder_; }

private:
    std::shared_ptr<Encoder> encoder_;
    torch::nn::Sequential projector_{nullptr};
};

std::shared_ptr<Method> simclr(double temperature) {
    return made([&](auto encoder) { return make_simclr(encoder, {width, width, temperature}); });
}

std::shared_ptr<Method> vicreg(double variance) {
    return made([&](auto encoder) { return make_vicreg(encoder, {width, width, 25, variance, 1}); });
}

std::shared_ptr<Method> barlow_twins(double lambda) {
    return made([&](auto encoder) { return make_barlow_twins(encoder, {width, width, lambda}); });
}

std::shared_ptr<Method> small_mlvicx(double variance) {
    torch::manual_seed(8);
    MlvicxOptions options;
    options.hidden = options.output = width;
    options.level_channels = 16;
    options.variance = variance;
    return make_mlvicx(std::make_shared<ContextEncoder>("resnet18"), options);
}

bool caught(Health health) {
    return health == Health::partly_collapsed || health == Health::collapsed;
}

} // namespace

TEST_CASE("collapse: SimCLR at a temperature that contrasts nothing", "[slow]") {
    CHECK(trained(simclr(0.1), easy_options(30)).verdict == Health::healthy);
    CHECK(caught(trained(simclr(1e4), easy_options(30)).verdict));
}

TEST_CASE("collapse: BYOL without predictor and stop-gradient", "[slow]") {
    const auto whole = made([](auto encoder) { return make_byol(encoder, {width, width, 0.97}); });
    CHECK(trained(whole, easy_options(30)).verdict == Health::healthy);
    const auto bare = made([](auto encoder) { return std::make_shared<BareByol>(encoder); });
    CHECK(trained(bare, easy_options(30)).verdict == Health::collapsed);
}

TEST_CASE("collapse: VICReg without its variance term", "[slow]") {
    CHECK(trained(vicreg(25), easy_options(30)).verdict == Health::healthy);
    CHECK(trained(vicreg(0), easy_options(30)).verdict == Health::collapsed);
}

TEST_CASE("collapse: Barlow Twins without redundancy reduction", "[slow]") {
    CHECK(trained(barlow_twins(0.0051), easy_options(30)).verdict == Health::healthy);
    CHECK(caught(trained(barlow_twins(0), easy_options(30)).verdict));
}

TEST_CASE("collapse: MLVICX without its variance term", "[slow]") {
    CHECK(trained(small_mlvicx(25), easy_options(6)).verdict == Health::healthy);
    CHECK(trained(small_mlvicx(0), easy_options(6)).verdict == Health::collapsed);
}

TEST_CASE("collapse: films that are all alike leave nothing to tell apart", "[slow]") {
    const OneThread one_thread;
    auto options = easy_options(3);
    for (auto* view : {&options.view1, &options.view2}) view->jitter = 0;
    const auto grey = torch::full({64, 30, 30}, 128, torch::kUInt8);
    const auto records = pretrain(*simclr(0.1), grey, all_of(grey), options, torch::kCPU, {}, "run");
    CHECK(health_of(records).verdict == Health::collapsed);
}
