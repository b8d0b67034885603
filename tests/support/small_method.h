#pragma once

#include "methods/losses.h"
#include "methods/method.h"
#include "methods/optimizer/schedule.h"
#include "methods/pretrain/pretrain.h"

#include "tests/support/tiny_encoder.h"

#include <torch/torch.h>

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace mlvicx {

/// VICReg on a linear head, with a moving average of the head in a buffer, like BYOL's target: its last value depends
/// on the progress of every step.
class SmallMethod : public Method {
public:
    explicit SmallMethod(std::shared_ptr<Encoder> encoder = std::make_shared<TinyEncoder>())
        : encoder_(register_module("encoder", std::move(encoder))),
          head_(register_module("head", torch::nn::Linear(encoder_->features(), 32))),
          average_(register_buffer("average", head_->weight.detach().clone())) {}

    StepOutput step(const torch::Tensor& view1, const torch::Tensor& view2) override {
        if (on_views) on_views(view1, view2);
        const auto a = head_->forward(encoder_->forward(view1)), b = head_->forward(encoder_->forward(view2));
        const auto loss = vicreg_loss(a, b);
        const bool poisoned = steps_++ == poison_at;
        return {poisoned ? loss.value * std::numeric_limits<float>::quiet_NaN() : loss.value, loss.terms, a.detach()};
    }
    std::pair<torch::Tensor, torch::Tensor> embeddings(const torch::Tensor& view1,
                                                       const torch::Tensor& view2) override {
        return {head_->forward(encoder_->forward(view1)), head_->forward(encoder_->forward(view2))};
    }
    void after_step(double progress) override {
        const torch::NoGradGuard no_gradient;
        const double rate = momentum_rate(0.9, progress);
        average_.mul_(rate).add_(head_->weight, 1 - rate);
    }
    Encoder& encoder() override { return *encoder_; }

    std::function<void(const torch::Tensor&, const torch::Tensor&)> on_views; ///< sees the input of each step
    std::int64_t poison_at = -1;                                              ///< this call's loss is NaN

private:
    std::shared_ptr<Encoder> encoder_;
    torch::nn::Linear head_;
    torch::Tensor average_;
    std::int64_t steps_ = 0;
};

/// Ten epochs of four steps.
inline PretrainOptions small_options() {
    PretrainOptions options;
    options.epochs = 10;
    options.batch_size = 8;
    options.image_size = 24;
    options.seed = 4;
    options.checkpoint_every = 1;
    options.precision = "fp32";
    options.schedule.warmup_epochs = 1;
    return options;
}

/// Smooth patterns, all different.
inline torch::Tensor small_images(std::int64_t count = 35) {
    torch::manual_seed(21);
    const auto images = torch::upsample_bilinear2d(torch::rand({count, 1, 6, 6}), {30, 30}, false);
    return images.squeeze(1).mul(255).to(torch::kUInt8);
}

inline std::vector<std::int64_t> all_of(const torch::Tensor& images) {
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < images.size(0); ++i) indices.push_back(i);
    return indices;
}

/// One thread for a scope: for networks this small more threads cost more than they save, especially on a busy machine.
class OneThread {
public:
    OneThread() : before_(at::get_num_threads()) { at::set_num_threads(1); }
    ~OneThread() { at::set_num_threads(before_); }
    OneThread(const OneThread&) = delete;
    OneThread& operator=(const OneThread&) = delete;

private:
    int before_;
};

inline std::shared_ptr<SmallMethod> small_method() {
    torch::manual_seed(8); // the head's weights
    return std::make_shared<SmallMethod>();
}

} // namespace mlvicx
