#include "methods/kernels/adamw_gpu.h"
#include "methods/kernels/one_pass.h"
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

    void prepare(double learning_rate) override {
        const torch::NoGradGuard no_grad;
        step_ += 1;
        of_weights_ = step_of(learning_rate, options_.weight_decay);
        of_vectors_ = step_of(learning_rate * options_.bias_rate_factor, 0);
        send_adamw_rates(of_weights_, of_vectors_, parameters_.front().second.device(), rates_);
    }

    void update() override {
        const torch::NoGradGuard no_grad;
        repeatable_ = true;
        std::vector<AdamwTensors> on_gpu;
        for (const bool weights : {true, false}) {
            const auto& step = weights ? of_weights_ : of_vectors_;
            UpdateGroup others;
            const auto group = update_group(parameters_, weights);
            for (std::size_t i = 0; i < group.index.size(); ++i) {
                const auto &w = group.parameters[i], &g = group.gradients[i];
                const auto &mean = mean_[group.index[i]], &square = square_[group.index[i]];
                if (adamw_runs_on_gpu(w, g))
                    on_gpu.push_back({w, g, mean, square, weights});
                else if (w.is_cpu() && updated_in_one_pass({w, g, mean, square}))
                    fused(w, g, mean, square, step);
                else
                    others.add(w, g, group.index[i]);
            }
            repeatable_ = repeatable_ && others.repeatable();
            if (!others.empty()) descend(others, step);
        }
        adamw_on_gpu(on_gpu, rates_);
    }

    bool repeatable() const override { return repeatable_; }

    std::vector<std::pair<std::string, torch::Tensor>> state() override {
        NamedParameters result{{"step", step_}};
        for (std::size_t i = 0; i < parameters_.size(); ++i) {
            result.emplace_back("mean." + parameters_[i].first, mean_[i]);
            result.emplace_back("square." + parameters_[i].first, square_[i]);
        }
        return result;
    }

private:
    AdamwStep step_of(double learning_rate, double decay) const {
        const auto steps = static_cast<double>(step_.item<std::int64_t>()); // on the CPU: no wait
        return {1 - learning_rate * decay,
                learning_rate / (1 - std::pow(options_.beta1, steps)),
                options_.beta1,
                options_.beta2,
                1 / std::sqrt(1 - std::pow(options_.beta2, steps)),
                options_.epsilon};
    }

    static void fused(const at::Tensor& weight, const at::Tensor& gradient, const at::Tensor& mean,
                      const at::Tensor& square, const AdamwStep& step) {
        auto *w = weight.data_ptr<float>(), *m = mean.data_ptr<float>(), *s = square.data_ptr<float>();
        const auto* g = gradient.data_ptr<float>();
        over_pieces(weight.numel(), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
            adamw_step(end - begin, w + begin, g + begin, m + begin, s + begin, step);
        });
    }

    /// By LibTorch's operations: other types and layouts, and a GPU without our kernels.
    void descend(const UpdateGroup& group, const AdamwStep& step) const {
        if (step.kept != 1) at::_foreach_mul_(group.parameters, step.kept);
        const auto mean = group.pick(mean_), square = group.pick(square_);
        at::_foreach_mul_(mean, step.beta1);
        at::_foreach_add_(mean, group.gradients, 1 - step.beta1);
        at::_foreach_mul_(square, step.beta2);
        at::_foreach_addcmul_(square, group.gradients, group.gradients, 1 - step.beta2);
        const auto deviation = at::_foreach_sqrt(square);
        at::_foreach_mul_(deviation, step.deviation_scale);
        at::_foreach_add_(deviation, step.epsilon);
        at::_foreach_addcdiv_(group.parameters, mean, deviation, -step.rate);
    }

    OptimizerOptions options_;
    std::vector<at::Tensor> mean_, square_;
    torch::Tensor step_;
    AdamwStep of_weights_{}, of_vectors_{}; ///< of the step
    torch::Tensor rates_;                   ///< the same for a GPU's kernels
    bool repeatable_ = false;
};

} // namespace

std::unique_ptr<Optimizer> make_adamw(const OptimizerOptions& options, NamedParameters parameters) {
    return std::make_unique<AdamW>(options, std::move(parameters));
}

} // namespace mlvicx
