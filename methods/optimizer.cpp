#include "methods/optimizer.h"

#include "core/error.h"
#include "methods/optimizer_parts.h"

#include <torch/torch.h>

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

} // namespace mlvicx
