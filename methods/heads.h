#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace mlvicx {

/// A projection or prediction head: Linear - BN - ReLU for each hidden width, then a final Linear. [N, in] -> [N, out].
struct HeadOptions {
    std::int64_t in = 0;
    std::vector<std::int64_t> hidden;
    std::int64_t out = 0;
    bool hidden_bias = false; ///< bias of the linear layers before a norm
    bool out_bias = false;
    /// Batch norm of the output: none, without parameters, with a scale only (its bias stays 0), with scale and bias.
    enum class OutputNorm { none, plain, scale, affine } out_norm = OutputNorm::none;
};

torch::nn::Sequential make_head(const HeadOptions& options);

/// The head on both views, [N, in] each -> [N, out] each. Norms see each view separately, as if the head ran twice; the
/// linear layers, which treat every row independently, process both views in one product: at small N their cost is
/// reading the weights.
std::pair<torch::Tensor, torch::Tensor> forward_both(torch::nn::Sequential& head, const torch::Tensor& view1,
                                                     const torch::Tensor& view2);

} // namespace mlvicx
