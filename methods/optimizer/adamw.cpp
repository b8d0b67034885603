#include "methods/optimizer/optimizer_parts.h"

#include <torch/torch.h>

#include <cmath>

namespace mlvicx {

namespace {

/// Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019.
class AdamW : public Optimizer {
public:
    AdamW(const OptimizerOptions& options, NamedParameters parameters) : options_(options) {
        parameters_ = std::move(parameters);
        mean_ = zeros_like_all(parameters_);
        square_ = zeros_like_all(parameters_);
        step_ = torch::zeros({}, torch::kInt64);
    }

    void step(double learning_rate) override {
        const torch::NoGradGuard no_grad;
        step_ += 1;
        if (const auto weights = update_group(parameters_, true); !weights.empty()) {
            at::_foreach_mul_(weights.parameters, 1 - learning_rate * options_.weight_decay);
            descend(weights, learning_rate);
        }
        if (const auto vectors = update_group(parameters_, false); !vectors.empty())
            descend(vectors, learning_rate * options_.bias_rate_factor);
    }

    std::vector<std::pair<std::string, torch::Tensor>> state() override {
        NamedParameters result{{"step", step_}};
        for (std::size_t i = 0; i < parameters_.size(); ++i) {
            result.emplace_back("mean." + parameters_[i].first, mean_[i]);
            result.emplace_back("square." + parameters_[i].first, square_[i]);
        }
        return result;
    }

private:
    void descend(const UpdateGroup& group, double learning_rate) const {
        const auto steps = static_cast<double>(step_.item<std::int64_t>()); // on the CPU: no wait
        const double mean_share = 1 - std::pow(options_.beta1, steps);
        const double square_share = 1 - std::pow(options_.beta2, steps);
        const auto mean = group.pick(mean_), square = group.pick(square_);
        at::_foreach_mul_(mean, options_.beta1);
        at::_foreach_add_(mean, group.gradients, 1 - options_.beta1);
        at::_foreach_mul_(square, options_.beta2);
        at::_foreach_addcmul_(square, group.gradients, group.gradients, 1 - options_.beta2);
        const auto deviation = at::_foreach_sqrt(square);
        at::_foreach_div_(deviation, std::sqrt(square_share));
        at::_foreach_add_(deviation, options_.epsilon);
        at::_foreach_addcdiv_(group.parameters, mean, deviation, -learning_rate / mean_share);
    }

    OptimizerOptions options_;
    std::vector<at::Tensor> mean_, square_;
    torch::Tensor step_;
};

} // namespace

std::unique_ptr<Optimizer> make_adamw(const OptimizerOptions& options, NamedParameters parameters) {
    return std::make_unique<AdamW>(options, std::move(parameters));
}

} // namespace mlvicx
