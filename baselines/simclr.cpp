#include "baselines/simclr.h"

#include "methods/heads.h"
#include "methods/losses.h"
#include "methods/pretrain/recipes.h"

#include <torch/torch.h>

namespace mlvicx {
namespace {

class Simclr : public Method {
public:
    Simclr(std::shared_ptr<Encoder> encoder, const SimclrOptions& options)
        : encoder_(register_module("encoder", std::move(encoder))), temperature_(options.temperature) {
        const auto hidden = options.hidden > 0 ? options.hidden : encoder_->features();
        HeadOptions head{.in = encoder_->features(), .hidden = {hidden, hidden}, .out = options.output};
        head.out_norm = HeadOptions::OutputNorm::scale;
        projector_ = register_module("projector", make_head(head));
    }

    StepOutput step(const torch::Tensor& view1, const torch::Tensor& view2) override {
        const auto [z1, z2] = embeddings(view1, view2);
        return step_output(nt_xent_loss(z1, z2, temperature_), z1);
    }
    std::pair<torch::Tensor, torch::Tensor> embeddings(const torch::Tensor& view1,
                                                       const torch::Tensor& view2) override {
        const auto z = projector_->forward(encoder_->forward(torch::cat({view1, view2}))).chunk(2);
        return {z[0], z[1]};
    }
    Encoder& encoder() override { return *encoder_; }

private:
    std::shared_ptr<Encoder> encoder_;
    torch::nn::Sequential projector_{nullptr};
    double temperature_;
};

} // namespace

void fields(Fields& f, SimclrOptions& options) {
    f.field("hidden", options.hidden, at_least(0));
    f.field("output", options.output, at_least(1));
    f.field("temperature", options.temperature, above(0));
}

void simclr_recipe(PretrainOptions& options) {
    ViewRecipe view;
    view.brightness = view.contrast = 0.8;
    view.blur = 0.5;
    options.view1 = options.view2 = view;
    options.optimizer = lars(0.3, 1e-6);
    options.schedule = {.warmup_epochs = 10, .final_factor = 0};
}

std::shared_ptr<Method> make_simclr(std::shared_ptr<Encoder> encoder, const SimclrOptions& options) {
    return std::make_shared<Simclr>(std::move(encoder), options);
}

} // namespace mlvicx
