#include "experiments/bench/verified_step.h"

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/temporary.h"

#include <torch/torch.h>

using namespace mlvicx;

namespace {

/// A method that is another one in float32 than in float64, by `factor` in its loss.
class Inconsistent : public Method {
public:
    Inconsistent(std::shared_ptr<Encoder> encoder, double factor)
        : encoder_(register_module("encoder", std::move(encoder))), factor_(factor) {}
    StepOutput step(const torch::Tensor& view1, const torch::Tensor& view2) override {
        const auto [a, b] = embeddings(view1, view2);
        const double factor = view1.scalar_type() == torch::kFloat64 ? 1 : factor_;
        return {(a - b).square().mean() * factor + a.square().mean(), {}, a.detach()};
    }
    std::pair<torch::Tensor, torch::Tensor> embeddings(const torch::Tensor& view1,
                                                       const torch::Tensor& view2) override {
        return {encoder_->forward(view1), encoder_->forward(view2)};
    }
    Encoder& encoder() override { return *encoder_; }

private:
    std::shared_ptr<Encoder> encoder_;
    double factor_;
};

template <int Percent> MethodEntry inconsistent() {
    MethodEntry entry;
    entry.name = "simclr";
    entry.make = [](std::shared_ptr<Encoder> encoder, const MethodOptions&) -> std::shared_ptr<Method> {
        return std::make_shared<Inconsistent>(std::move(encoder), 1 + Percent / 100.0);
    };
    return entry;
}

PlanMethod method_of(const MethodEntry& entry) {
    PlanMethod method;
    method.entry = &entry;
    method.label = "trial";
    method.encoder = "resnet18";
    method.pretrain.precision = "fp32";
    method.pretrain.image_size = 64;
    method.pretrain.batch_size = 16;
    return method;
}

} // namespace

TEST_CASE("verified step: a loss that float64 does not confirm is not timed", "[unit]") {
    torch::manual_seed(1);
    const auto images = random_images(16, 64);
    const auto right = inconsistent<0>(), wrong = inconsistent<1>();
    const auto step = verified_step(method_of(right), images, torch::kCPU);
    CHECK(step.images == 8);
    CHECK(step.loss == Approx(step.reference).epsilon(1e-4));
    std::string message;
    try {
        verified_step(method_of(wrong), images, torch::kCPU);
    } catch (const InternalError& fault) { // ours, not the user's
        message = fault.what();
    }
    CHECK(contains(message, "trial: the loss of 8 images is "));
    CHECK(contains(message, "in float64; not timed"));
}

TEST_CASE("verified step: every method's first loss is float64's, and its work grows with the images", "[slow]") {
    torch::manual_seed(2);
    const auto images = random_images(16, 64);
    for (const auto& name : trained_methods()) {
        INFO(name);
        auto method = method_of(method_entry(name, "test"));
        method.own.vicreg.hidden = method.own.vicreg.output = 64;
        method.own.barlow_twins.hidden = method.own.barlow_twins.output = 64;
        method.own.byol.hidden = 64;
        method.own.mlvicx.hidden = method.own.mlvicx.output = method.own.mlvicx.level_channels = 64;
        const auto step = verified_step(method, images, torch::kCPU);
        // Both views through a ResNet-18 of 1.8135 / (224/64)^2 billion multiplications, the gradients twice that,
        // without the images' own; BYOL's target has no gradient. Heads and bottlenecks add a little.
        const double pass = 2 * 1.8135e9 / 12.25, stem = 2 * 0.118e9 / 12.25;
        const double expected = 2 * (3 * pass - stem) + (name == "byol" ? 2 * pass : 0);
        CHECK(step.per_image.flops == Approx(expected).epsilon(0.02));
        CHECK(step.of(16).flops == Approx(16 * expected).epsilon(0.02));
        CHECK(step.fixed.flops >= -0.01 * step.per_image.flops);
    }
}
