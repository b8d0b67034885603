#include "baselines/vicreg.h"

#include "methods/heads.h"
#include "methods/losses.h"
#include "methods/pretrain/recipes.h"
#include "methods/views/two_views.h"

#include <torch/torch.h>

namespace mlvicx {
namespace {

class Vicreg : public Method {
public:
    Vicreg(std::shared_ptr<Encoder> encoder, const VicregOptions& options)
        : encoder_(register_module("encoder", std::move(encoder))) {
        weights_ = {options.invariance, options.variance, options.covariance};
        HeadOptions head{.in = encoder_->features(), .hidden = {options.hidden, options.hidden}, .out = options.output};
        head.hidden_bias = true;
        projector_ = register_module("projector", make_head(head));
    }

    StepOutput step(const torch::Tensor& view1, const torch::Tensor& view2) override {
        const auto [z1, z2] = embeddings(view1, view2);
        return step_output(vicreg_loss(z1, z2, weights_), z1);
    }
    std::pair<torch::Tensor, torch::Tensor> embeddings(const torch::Tensor& view1,
                                                       const torch::Tensor& view2) override {
        const auto [features1, features2] = forward_both(*encoder_, view1, view2);
        return forward_both(projector_, features1, features2);
    }
    Encoder& encoder() override { return *encoder_; }

private:
    std::shared_ptr<Encoder> encoder_;
    torch::nn::Sequential projector_{nullptr};
    VicregWeights weights_;
};

} // namespace

void fields(Fields& f, VicregOptions& options) {
    f.field("hidden", options.hidden, at_least(1));
    f.field("output", options.output, at_least(1));
    f.field("invariance", options.invariance, at_least(0));
    f.field("variance", options.variance, at_least(0));
    f.field("covariance", options.covariance, at_least(0));
}

void vicreg_recipe(PretrainOptions& options) {
    byol_views(options);
    options.optimizer = lars(0.2, 1e-6);
    options.schedule = {.warmup_epochs = 10, .final_factor = 0.001};
}

std::shared_ptr<Method> make_vicreg(std::shared_ptr<Encoder> encoder, const VicregOptions& options) {
    return std::make_shared<Vicreg>(std::move(encoder), options);
}

} // namespace mlvicx
