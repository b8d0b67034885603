#include "baselines/barlow_twins.h"

#include "methods/heads.h"
#include "methods/losses.h"
#include "methods/pretrain/recipes.h"
#include "methods/views/two_views.h"

#include <torch/torch.h>

namespace mlvicx {
namespace {

/// The parameter-free batch norm that ends the authors' network is part of `barlow_twins_loss`.
class BarlowTwins : public Method {
public:
    BarlowTwins(std::shared_ptr<Encoder> encoder, const BarlowTwinsOptions& options)
        : encoder_(register_module("encoder", std::move(encoder))), lambda_(options.lambda) {
        HeadOptions head{.in = encoder_->features(), .hidden = {options.hidden, options.hidden}, .out = options.output};
        projector_ = register_module("projector", make_head(head));
    }

    StepOutput step(const torch::Tensor& view1, const torch::Tensor& view2) override {
        const auto [z1, z2] = embeddings(view1, view2);
        return step_output(barlow_twins_loss(z1, z2, lambda_), z1);
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
    double lambda_;
};

} // namespace

void fields(Fields& f, BarlowTwinsOptions& options) {
    f.field("hidden", options.hidden, at_least(1));
    f.field("output", options.output, at_least(1));
    f.field("lambda", options.lambda, at_least(0));
}

void barlow_twins_recipe(PretrainOptions& options) {
    byol_views(options);
    options.optimizer = lars(0.2, 1e-6);
    options.optimizer.bias_rate_factor = 0.024; // 0.0048 for norms and biases
    options.schedule = {.warmup_epochs = 10, .final_factor = 0.001};
}

std::shared_ptr<Method> make_barlow_twins(std::shared_ptr<Encoder> encoder, const BarlowTwinsOptions& options) {
    return std::make_shared<BarlowTwins>(std::move(encoder), options);
}

} // namespace mlvicx
