#include "methods/kernels/lars_gpu.h"
#include "methods/kernels/one_pass.h"
#include "methods/kernels/optimizer_kernels.h"
#include "methods/optimizer/optimizer_parts.h"

#include <torch/torch.h>

#include <cmath>

namespace mlvicx {

namespace {

/// Norms of w and of g + decay w in one pass, the sums of pieces in float64.
std::pair<double, double> norms(const float* w, const float* g, std::int64_t count, float decay) {
    std::vector<SquaredNorms> sums(static_cast<std::size_t>((count + update_piece - 1) / update_piece));
    over_pieces(count, [&](std::int64_t index, std::int64_t begin, std::int64_t end) {
        sums[static_cast<std::size_t>(index)] = squared_norms(end - begin, w + begin, g + begin, decay);
    });
    SquaredNorms total;
    for (const auto& sum : sums) total.weight += sum.weight, total.gradient += sum.gradient;
    return {std::sqrt(total.weight), std::sqrt(total.gradient)};
}

/// Momentum: m = mu m + g; w -= lr m. LARS first scales the weights' g by its trust ratio.
class Momentum : public Optimizer {
public:
    Momentum(const OptimizerOptions& options, NamedParameters parameters) : options_(options) {
        parameters_ = std::move(parameters);
        momentum_ = zeros_like_all(parameters_);
    }

    void prepare(double learning_rate) override {
        rate_ = learning_rate;
        vector_rate_ = learning_rate * options_.bias_rate_factor;
        send_lars_rates({options_.weight_decay, options_.momentum, rate_, vector_rate_, trusts() ? options_.trust : 0},
                        parameters_.front().second.device(), rates_);
    }

    void update() override {
        const torch::NoGradGuard no_grad;
        std::vector<LarsTensors> on_gpu;
        const auto vectors = without_gpu(update_group(parameters_, false), false, on_gpu);
        const auto weights = without_gpu(update_group(parameters_, true), true, on_gpu);
        lars_on_gpu(on_gpu, trusts(), rates_);
        if (!vectors.empty()) descend(vectors, vector_rate_);
        UpdateGroup others;
        for (std::size_t i = 0; i < weights.index.size(); ++i) {
            const auto &w = weights.parameters[i], &g = weights.gradients[i], &m = momentum_[weights.index[i]];
            if (w.is_cpu() && updated_in_one_pass({w, g, m}))
                fused(w, g, m);
            else
                others.add(w, g, weights.index[i]);
        }
        repeatable_ = vectors.repeatable() && others.repeatable();
        if (others.empty()) return;
        if (options_.weight_decay != 0) at::_foreach_add_(others.gradients, others.parameters, options_.weight_decay);
        if (trusts()) scale_by_trust(others);
        descend(others, rate_);
    }

    bool repeatable() const override { return repeatable_; }

    std::vector<std::pair<std::string, torch::Tensor>> state() override {
        NamedParameters result;
        for (std::size_t i = 0; i < parameters_.size(); ++i)
            result.emplace_back("momentum." + parameters_[i].first, momentum_[i]);
        return result;
    }

private:
    bool trusts() const { return options_.name == "lars"; }

    /// What a GPU's kernel does not take; the rest is appended to `on_gpu`.
    UpdateGroup without_gpu(const UpdateGroup& group, bool scaled, std::vector<LarsTensors>& on_gpu) const {
        UpdateGroup rest;
        for (std::size_t i = 0; i < group.index.size(); ++i) {
            const auto &w = group.parameters[i], &g = group.gradients[i], &m = momentum_[group.index[i]];
            if (lars_runs_on_gpu(w, g, m))
                on_gpu.push_back({w, g, m, scaled});
            else
                rest.add(w, g, group.index[i]);
        }
        return rest;
    }

    /// The CPU variant: the foreach operations below would pass over a hundred million weights fifteen times, this one
    /// seven times.
    void fused(const at::Tensor& weight, const at::Tensor& gradient, const at::Tensor& momentum) const {
        auto *w = weight.data_ptr<float>(), *m = momentum.data_ptr<float>();
        const auto* g = gradient.data_ptr<float>();
        const auto decay = static_cast<float>(options_.weight_decay), mu = static_cast<float>(options_.momentum);
        float ratio = 1;
        if (trusts()) {
            const auto [weight_norm, gradient_norm] = norms(w, g, weight.numel(), decay);
            if (weight_norm > 0 && gradient_norm > 0)
                ratio = static_cast<float>(options_.trust * weight_norm / gradient_norm);
        }
        const auto rate = static_cast<float>(rate_);
        over_pieces(weight.numel(), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
            momentum_step(end - begin, w + begin, g + begin, m + begin, {decay, mu, ratio, rate});
        });
    }

    /// Norms and ratios stay tensors on the device, so that nothing waits for it.
    void scale_by_trust(const UpdateGroup& weights) const {
        const auto weight_norm = at::stack(at::_foreach_norm(weights.parameters));
        const auto gradient_norm = at::stack(at::_foreach_norm(weights.gradients));
        const auto ratio = at::where((weight_norm > 0).logical_and(gradient_norm > 0),
                                     options_.trust * weight_norm / gradient_norm, at::ones_like(weight_norm));
        at::_foreach_mul_(weights.gradients, ratio.unbind());
    }

    void descend(const UpdateGroup& group, double learning_rate) const {
        const auto momentum = group.pick(momentum_);
        at::_foreach_mul_(momentum, options_.momentum);
        at::_foreach_add_(momentum, group.gradients);
        at::_foreach_add_(group.parameters, momentum, -learning_rate);
    }

    OptimizerOptions options_;
    std::vector<at::Tensor> momentum_;
    double rate_ = 0, vector_rate_ = 0; ///< of the step
    torch::Tensor rates_;               ///< the same for a GPU's kernels
    bool repeatable_ = false;
};

} // namespace

std::unique_ptr<Optimizer> make_momentum(const OptimizerOptions& options, NamedParameters parameters) {
    return std::make_unique<Momentum>(options, std::move(parameters));
}

} // namespace mlvicx
