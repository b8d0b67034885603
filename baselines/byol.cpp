#include "baselines/byol.h"

#include "core/error.h"
#include "methods/heads.h"
#include "methods/losses.h"
#include "methods/optimizer/schedule.h"
#include "methods/pretrain/recipes.h"
#include "methods/views/two_views.h"
#include "methods/weights.h"

#include <torch/torch.h>

namespace mlvicx {
namespace {

/// What the online and target networks have in common: an encoder and a projector.
class Tower : public torch::nn::Module {
public:
    Tower(std::shared_ptr<Encoder> encoder, const HeadOptions& head)
        : encoder_(register_module("encoder", std::move(encoder))),
          projector_(register_module("projector", make_head(head))) {}
    std::pair<torch::Tensor, torch::Tensor> forward(const torch::Tensor& view1, const torch::Tensor& view2) {
        const auto [features1, features2] = forward_both(*encoder_, view1, view2);
        return forward_both(projector_, features1, features2);
    }
    Encoder& encoder() { return *encoder_; }

private:
    std::shared_ptr<Encoder> encoder_;
    torch::nn::Sequential projector_;
};

/// A deep copy of `online`, on its device and without gradient.
std::shared_ptr<Tower> momentum_copy(Tower& online, const HeadOptions& head) {
    auto copy = std::make_shared<Tower>(online.encoder().another(), head);
    const auto device = online.parameters().front().device();
    copy->to(device);
    copy_state(online, *copy);
    for (auto& parameter : copy->parameters()) parameter.set_requires_grad(false);
    return copy;
}

class Byol : public Method {
public:
    Byol(std::shared_ptr<Encoder> encoder, const ByolOptions& options)
        : target_rate_(options.target_rate), predictor_rate_(options.predictor_rate_factor) {
        HeadOptions head{.in = encoder->features(), .hidden = {options.hidden}, .out = options.output};
        head.hidden_bias = true;
        online_ = register_module("online", std::make_shared<Tower>(std::move(encoder), head));
        target_ = register_module("target", momentum_copy(*online_, head));
        head.in = options.output;
        predictor_ = register_module("predictor", make_head(head));
    }

    StepOutput step(const torch::Tensor& view1, const torch::Tensor& view2) override {
        const auto [z1, z2] = embeddings(view1, view2);
        const auto [p1, p2] = forward_both(predictor_, z1, z2);
        const auto [t1, t2] = targets(view1, view2);
        return step_output(byol_loss(p1, p2, t1, t2), z1);
    }
    std::pair<torch::Tensor, torch::Tensor> embeddings(const torch::Tensor& view1,
                                                       const torch::Tensor& view2) override {
        return online_->forward(view1, view2);
    }
    void after_step(double progress) override {
        const double rate = momentum_rate(target_rate_, progress);
        torch::NoGradGuard no_grad;
        const auto target = target_->parameters(), online = online_->parameters();
        torch::_foreach_mul_(target, rate);
        torch::_foreach_add_(target, online, 1 - rate);
    }
    double rate_factor(const std::string& parameter) const override {
        return parameter.rfind("predictor.", 0) == 0 ? predictor_rate_ : 1;
    }
    Encoder& encoder() override { return online_->encoder(); }

private:
    std::pair<torch::Tensor, torch::Tensor> targets(const torch::Tensor& view1, const torch::Tensor& view2) {
        torch::NoGradGuard no_grad;
        return target_->forward(view1, view2);
    }

    std::shared_ptr<Tower> online_, target_;
    torch::nn::Sequential predictor_{nullptr};
    double target_rate_, predictor_rate_;
};

} // namespace

void fields(Fields& f, ByolOptions& options) {
    f.field("hidden", options.hidden, at_least(1));
    f.field("output", options.output, at_least(1));
    f.field("target_rate", options.target_rate, between(0, 1));
    f.field("predictor_rate_factor", options.predictor_rate_factor, above(0));
}

void byol_recipe(PretrainOptions& options) {
    byol_views(options);
    if (options.epochs <= 100)
        options.optimizer = lars(0.45, 1e-6);
    else if (options.epochs <= 300)
        options.optimizer = lars(0.3, 1e-6);
    else
        options.optimizer = lars(0.2, 1.5e-6);
    options.schedule = {.warmup_epochs = 10, .final_factor = 0};
}

std::shared_ptr<Method> make_byol(std::shared_ptr<Encoder> encoder, const ByolOptions& options) {
    return std::make_shared<Byol>(std::move(encoder), options);
}

} // namespace mlvicx
