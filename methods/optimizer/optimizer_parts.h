#pragma once

#include "methods/optimizer/optimizer.h"

#include <ATen/ATen.h>

namespace mlvicx {

using NamedParameters = std::vector<std::pair<std::string, torch::Tensor>>;

/// LARS and SGD with momentum (lars.cpp); AdamW (adamw.cpp).
std::unique_ptr<Optimizer> make_momentum(const OptimizerOptions& options, NamedParameters parameters);
std::unique_ptr<Optimizer> make_adamw(const OptimizerOptions& options, NamedParameters parameters);

/// What one update changes: the parameters that have a gradient now, in their usual order. Weights (two or more
/// dimensions) and vectors (norms, biases) are handled separately.
struct UpdateGroup {
    std::vector<at::Tensor> parameters, gradients;
    std::vector<std::size_t> index; ///< indices into all parameters
    void add(const at::Tensor& parameter, const at::Tensor& gradient, std::size_t i) {
        parameters.push_back(parameter);
        gradients.push_back(gradient);
        index.push_back(i);
    }
    bool empty() const { return parameters.empty(); }
    /// Whether LibTorch's operations on them can be part of a repeatable update: not if a GPU is given the rate.
    bool repeatable() const { return empty() || parameters.front().is_cpu(); }
    /// The entries of a state list with the same indices.
    std::vector<at::Tensor> pick(const std::vector<at::Tensor>& all) const {
        std::vector<at::Tensor> result;
        for (const auto i : index) result.push_back(all[i]);
        return result;
    }
};

inline UpdateGroup update_group(const NamedParameters& parameters, bool weights) {
    UpdateGroup group;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto& p = parameters[i].second;
        if (!p.grad().defined() || (p.dim() > 1) != weights) continue;
        group.add(p, p.grad(), i);
    }
    return group;
}

/// Zeros of each parameter's shape and memory layout.
inline std::vector<at::Tensor> zeros_like_all(const NamedParameters& parameters) {
    std::vector<at::Tensor> result;
    for (const auto& [name, p] : parameters) result.push_back(at::zeros_like(p.detach(), at::MemoryFormat::Preserve));
    return result;
}

} // namespace mlvicx
