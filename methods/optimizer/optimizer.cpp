#include "methods/optimizer/optimizer.h"

#include "core/error.h"
#include "methods/optimizer/optimizer_parts.h"

#include <torch/torch.h>

#include <algorithm>
#include <map>

namespace mlvicx {

void fields(Fields& f, OptimizerOptions& options) {
    f.field("name", options.name, {"lars", "sgd", "adamw"});
    f.field("learning_rate", options.learning_rate, above(0));
    f.field("bias_rate_factor", options.bias_rate_factor, at_least(0));
    f.field("momentum", options.momentum, between(0, 1));
    f.field("weight_decay", options.weight_decay, at_least(0));
    f.field("trust", options.trust, above(0));
    f.field("beta1", options.beta1, between(0, 1));
    f.field("beta2", options.beta2, between(0, 1));
    f.field("epsilon", options.epsilon, above(0));
}

std::vector<torch::Tensor> Optimizer::parameters() const {
    std::vector<torch::Tensor> all;
    for (const auto& [name, parameter] : parameters_) all.push_back(parameter);
    return all;
}

void Optimizer::zero_grad() {
    for (auto& [name, parameter] : parameters_) parameter.mutable_grad().reset();
}

std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options,
                                          std::vector<std::pair<std::string, torch::Tensor>> parameters) {
    ensure(!parameters.empty(), "an optimiser needs parameters");
    if (options.name == "lars" || options.name == "sgd") return make_momentum(options, std::move(parameters));
    if (options.name == "adamw") return make_adamw(options, std::move(parameters));
    user_error("optimizer.name is \"{}\"; expected lars, sgd or adamw", options.name);
}

namespace {

/// One optimiser per learning rate.
class GroupedOptimizer : public Optimizer {
public:
    GroupedOptimizer(const OptimizerOptions& options, NamedParameters parameters,
                     const std::map<double, NamedParameters>& groups) {
        parameters_ = std::move(parameters);
        for (const auto& [factor, members] : groups) groups_.emplace_back(factor, make_optimizer(options, members));
    }
    void prepare(double learning_rate) override {
        for (auto& [factor, optimizer] : groups_) optimizer->prepare(factor * learning_rate);
    }
    void update() override {
        for (auto& [factor, optimizer] : groups_) optimizer->update();
    }
    bool repeatable() const override {
        return std::all_of(groups_.begin(), groups_.end(),
                           [](const auto& group) { return group.second->repeatable(); });
    }
    std::vector<std::pair<std::string, torch::Tensor>> state() override {
        NamedParameters result;
        for (std::size_t i = 0; i < groups_.size(); ++i)
            for (auto& [name, tensor] : groups_[i].second->state())
                result.emplace_back(fmt::format("group{}.{}", i, name), tensor);
        return result;
    }

private:
    std::vector<std::pair<double, std::unique_ptr<Optimizer>>> groups_;
};

} // namespace

std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options,
                                          std::vector<std::pair<std::string, torch::Tensor>> parameters,
                                          const std::function<double(const std::string&)>& factor) {
    std::map<double, NamedParameters> groups;
    for (const auto& item : parameters) groups[factor(item.first)].push_back(item);
    if (groups.size() == 1 && groups.begin()->first == 1) return make_optimizer(options, std::move(parameters));
    return std::make_unique<GroupedOptimizer>(options, std::move(parameters), groups);
}

} // namespace mlvicx
