#include "mlvicx/mlvicx.h"

#include "core/error.h"
#include "methods/heads.h"
#include "methods/initialise.h"
#include "methods/losses.h"
#include "methods/views/recipes.h"
#include "methods/views/two_views.h"
#include "mlvicx/context_encoder.h"
#include "mlvicx/multi_level_head.h"

#include <torch/torch.h>

namespace mlvicx {
namespace {

HeadOptions head_options(std::int64_t in, const MlvicxOptions& options) {
    HeadOptions head{.in = in, .hidden = {options.hidden, options.hidden}, .out = options.output};
    head.hidden_bias = head.out_bias = true;
    head.out_norm = HeadOptions::OutputNorm::affine;
    return head;
}

class Mlvicx : public Method {
public:
    Mlvicx(std::shared_ptr<ContextEncoder> encoder, const MlvicxOptions& options)
        : options_(options), encoder_(register_module("encoder", std::move(encoder))),
          global_head_(register_module("global_head", make_head(head_options(encoder_->features(), options)))),
          multi_level_head_(register_module(
              "multi_level_head", std::make_shared<MultiLevelHead>(encoder_->channels(), options.level_channels,
                                                                   head_options(0, options)))) {
        if (options.variant == "as_released") {
            for (auto& parameter : multi_level_head_->levels()->parameters()) parameter.set_requires_grad(false);
        } else {
            // What the paper describes; its release calls it on the network object, which has no effect.
            he_initialise(*global_head_);
            he_initialise(*multi_level_head_);
        }
    }

    StepOutput step(const torch::Tensor& view1, const torch::Tensor& view2) override {
        const auto of_heads = [this](const torch::Tensor& images) { return inputs(images); };
        const auto [a, b] = pass_both(*encoder_, of_heads, view1, view2);
        const auto [z1, z2] = forward_both(global_head_, a[0], b[0]);
        const auto [d1, d2] = forward_both(multi_level_head_->head(), a[1], b[1]);
        const VicregWeights weights{options_.invariance, options_.variance, options_.covariance};
        const auto global = vicreg_loss(z1, z2, weights);
        const auto levels = vicreg_loss(d1, d2, weights);

        Loss loss{global.value + options_.multi_level_weight * levels.value,
                  {{"global", global.value}, {"multi_level", levels.value}}};
        for (const auto& [name, term] : global.terms) loss.terms.emplace_back("global_" + name, term);
        for (const auto& [name, term] : levels.terms) loss.terms.emplace_back("multi_level_" + name, term);
        return step_output(std::move(loss), z1);
    }
    std::pair<torch::Tensor, torch::Tensor> embeddings(const torch::Tensor& view1,
                                                       const torch::Tensor& view2) override {
        const auto [features1, features2] = forward_both(*encoder_, view1, view2);
        return forward_both(global_head_, features1, features2);
    }
    Encoder& encoder() override { return *encoder_; }

private:
    /// Inputs of the global and the multi-level head. The maps are freed here: only what the gradient needs is kept.
    Tensors inputs(const torch::Tensor& images) {
        const auto maps = encoder_->maps(images);
        return {maps.back().mean({2, 3}), multi_level_head_->levels_of(maps)};
    }

    MlvicxOptions options_;
    std::shared_ptr<ContextEncoder> encoder_;
    torch::nn::Sequential global_head_;
    std::shared_ptr<MultiLevelHead> multi_level_head_;
};

} // namespace

void fields(Fields& f, MlvicxOptions& options) {
    f.field("hidden", options.hidden, at_least(1));
    f.field("output", options.output, at_least(1));
    f.field("level_channels", options.level_channels, at_least(1));
    f.field("multi_level_weight", options.multi_level_weight, at_least(0));
    f.field("invariance", options.invariance, at_least(0));
    f.field("variance", options.variance, at_least(0));
    f.field("covariance", options.covariance, at_least(0));
    f.field("variant", options.variant, {"as_described", "as_released"});
}

void mlvicx_recipe(PretrainOptions& options) {
    byol_views(options);
    options.optimizer = lars(0.2, 1e-6);
    options.schedule = {.warmup_epochs = 2, .final_factor = 0.001};
}

void mlvicx_released_recipe(PretrainOptions& options) {
    mlvicx_recipe(options);
    options.schedule.cosine_over_all = true;
}

std::shared_ptr<Method> make_mlvicx(std::shared_ptr<Encoder> encoder, const MlvicxOptions& options) {
    auto context = std::dynamic_pointer_cast<ContextEncoder>(encoder);
    if (!context)
        user_error("MLVICX needs an encoder with context bottlenecks, not \"{}\": name it \"{}+context\"",
                   encoder->name(), encoder->name());
    return std::make_shared<Mlvicx>(std::move(context), options);
}

} // namespace mlvicx
