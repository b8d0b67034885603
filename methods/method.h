#pragma once

#include "methods/encoder.h"
#include "methods/losses.h"

#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

struct StepOutput {
    torch::Tensor loss;                                       ///< zero-dimensional, float32, with gradient
    std::vector<std::pair<std::string, torch::Tensor>> terms; ///< named parts of it, detached, for the record
    torch::Tensor embedding;                                  ///< [N, D] of the first view, detached, for diagnostics
};

inline StepOutput step_output(Loss loss, const torch::Tensor& embedding) {
    for (auto& term : loss.terms) term.second = term.second.detach();
    return {loss.value, std::move(loss.terms), embedding.detach()};
}

/// A self-supervised method: owns its networks (as registered submodules, so that parameters() and buffers() see all of
/// them, targets included) and turns two views into a loss. Optimiser, schedule, logging, evaluation live elsewhere.
class Method : public torch::nn::Module {
public:
    /// Views [N, 3, H, W], normalised, N at least 2. May run under autocast; computes its loss in float32.
    virtual StepOutput step(const torch::Tensor& view1, const torch::Tensor& view2) = 0;
    /// What the loss compares of the two views, [N, D] each (of BYOL the projections that its predictor starts from, of
    /// MLVICX the global embeddings), in the mode that the networks are in.
    virtual std::pair<torch::Tensor, torch::Tensor> embeddings(const torch::Tensor& view1,
                                                               const torch::Tensor& view2) = 0;
    /// After each optimiser step; `progress` = finished steps / all steps. BYOL moves its target here.
    virtual void after_step(double progress) { (void)progress; }
    /// How fast a parameter learns, relative to the learning rate; by its name in the method.
    virtual double rate_factor(const std::string& parameter) const {
        (void)parameter;
        return 1;
    }
    /// The encoder that is evaluated and exported.
    virtual Encoder& encoder() = 0;
};

} // namespace mlvicx
