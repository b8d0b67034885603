#pragma once

#include "methods/encoder.h"
#include "methods/losses.h"

#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

struct StepOutput {
    torch::Tensor loss;                                       ///< zero-dimensional, float32, with gradient
    std::vector<std::pair<std::string, torch::Tensor>> terms; ///< its named parts, detached, for the record
    torch::Tensor embedding;                                  ///< [N, D], first view, detached, for diagnostics
};

inline StepOutput step_output(Loss loss, const torch::Tensor& embedding) {
    for (auto& term : loss.terms) term.second = term.second.detach();
    return {loss.value, std::move(loss.terms), embedding.detach()};
}

/// A self-supervised method: owns its networks (as registered submodules, so that parameters() and buffers() include
/// all of them, targets too) and turns two views into a loss. Optimiser, schedule, logging and evaluation are
/// elsewhere.
class Method : public torch::nn::Module {
public:
    /// Views [N, 3, H, W], normalised, N at least 2. May run under autocast; computes its loss in float32.
    virtual StepOutput step(const torch::Tensor& view1, const torch::Tensor& view2) = 0;
    /// The embeddings of the two views that the loss compares, [N, D] each (BYOL: the projections that its predictor
    /// starts from; MLVICX: the global embeddings), in the networks' current mode.
    virtual std::pair<torch::Tensor, torch::Tensor> embeddings(const torch::Tensor& view1,
                                                               const torch::Tensor& view2) = 0;
    /// Called after each optimiser step; `progress` = finished steps / all steps. BYOL moves its target here.
    virtual void after_step(double progress) { (void)progress; }
    /// A parameter's learning rate relative to the base rate, by its name in the method.
    virtual double rate_factor(const std::string& parameter) const {
        (void)parameter;
        return 1;
    }
    /// The encoder that is evaluated and exported.
    virtual Encoder& encoder() = 0;
};

} // namespace mlvicx
