// Each method is broken on purpose, as a wrong option or a mistake in its code could do, trained, and must be found out
// by health.h; unbroken, after the same training, it must not.
#include "tests/support/catch.h"
#include "tests/support/small_method.h"

#include "baselines/barlow_twins.h"
#include "baselines/byol.h"
#include "baselines/simclr.h"
#include "baselines/vicreg.h"
#include "methods/heads.h"
#include "methods/pretrain/health.h"
#include "mlvicx/context_encoder.h"
#include "mlvicx/mlvicx.h"

using namespace mlvicx;

namespace {

constexpr std::int64_t width = 64;

/// `epochs`: enough that views are told apart well above chance, whatever the order of sums.
PretrainOptions easy_options(std::int64_t epochs, double learning_rate) {
    auto options = small_options();
    options.epochs = epochs;
    options.batch_size = 16;
    options.optimizer.name = "adamw";
    options.optimizer.learning_rate = learning_rate;
    options.optimizer.weight_decay = 0;
    for (auto* view : {&options.view1, &options.view2}) {
        view->crop_low = 0.6;
        view->blur = 0;
        view->interpolation = "bilinear";
    }
    return options;
}

HealthReport trained(const std::shared_ptr<Method>& method, const PretrainOptions& options, std::int64_t count = 128) {
    const OneThread one_thread;
    const auto images = small_images(count);
    const auto report = health_of(pretrain(*method, images, all_of(images), options, torch::kCPU));
    UNSCOPED_INFO(name_of(report.verdict) << ": " << report.reason);
    return report;
}

template <typename Make> std::shared_ptr<Method> made(Make make) {
    torch::manual_seed(8);
    return make(std::make_shared<TinyEncoder>());
}

/// BYOL without predictor, moving target and stop-gradient: nothing keeps embeddings apart.
class BareByol : public Method {
public:
    explicit BareByol(std::shared_ptr<Encoder> encoder) : encoder_(register_module("encoder", std::move(encoder))) {
        HeadOptions head{.in = encoder_->features(), .hidden = {width}, .out = width};
        head.hidden_bias = true;
        projector_ = register_module("projector", make_head(head));
    }
    StepOutput step(const torch::Tensor& view1, const torch::Tensor& view2) override {
        const auto [z1, z2] = embeddings(view1, view2);
        const auto unit = [](const torch::Tensor& z) { return z / z.norm(2, 1, true); };
        return {(unit(z1) - unit(z2)).square().sum(1).mean(), {}, z1.detach()};
    }
    std::pair<torch::Tensor, torch::Tensor> embeddings(const torch::Tensor& view1,
                                                       const torch::Tensor& view2) override {
        const auto features1 = encoder_->forward(view1), features2 = encoder_->forward(view2);
        return forward_both(projector_, features1, features2);
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

/// Few directions are left, or so few that views are not told apart: the worse of the two verdicts.
bool caught(Health health) {
    return health == Health::partly_collapsed || health == Health::not_learned || health == Health::collapsed;
}

} // namespace

TEST_CASE("collapse: SimCLR at a temperature that contrasts nothing", "[slow]") {
    const auto options = easy_options(40, 0.02);
    CHECK(trained(simclr(0.1), options).verdict == Health::healthy);
    CHECK(caught(trained(simclr(1e4), options).verdict));
}

TEST_CASE("collapse: BYOL without predictor and stop-gradient", "[slow]") {
    const auto options = easy_options(120, 0.003);
    const auto whole = made([](auto encoder) { return make_byol(encoder, {width, width, 0.97}); });
    CHECK(trained(whole, options).verdict == Health::healthy);
    const auto bare = made([](auto encoder) { return std::make_shared<BareByol>(encoder); });
    CHECK(trained(bare, options).verdict == Health::collapsed);
}

TEST_CASE("collapse: VICReg without its variance term", "[slow]") {
    const auto options = easy_options(30, 0.01);
    CHECK(trained(vicreg(25), options).verdict == Health::healthy);
    CHECK(trained(vicreg(0), options).verdict == Health::collapsed);
}

TEST_CASE("collapse: Barlow Twins without redundancy reduction", "[slow]") {
    const auto options = easy_options(120, 0.005);
    CHECK(trained(barlow_twins(0.1), options).verdict == Health::healthy); // 0.0051 is for 8192 dimensions
    CHECK(caught(trained(barlow_twins(0), options).verdict));
}

// Its heads end with a batch norm, whose scale alone shrinks: directions stay, and only the standard deviation tells.
TEST_CASE("collapse: MLVICX without its variance term", "[slow]") {
    auto options = easy_options(9, 0.05);
    options.batch_size = 8;
    // Intact, it keeps its standard deviation and its rank; 72 steps of a ResNet are too few to tell views apart.
    const auto whole = trained(small_mlvicx(25), options, 64);
    CHECK((whole.verdict == Health::healthy || whole.verdict == Health::not_learned));
    CHECK(whole.deviation > 0.1);
    CHECK(whole.rank_share > 0.1);
    CHECK(whole.spread > 0.4);
    CHECK(trained(small_mlvicx(0), options, 64).verdict == Health::collapsed);
}
