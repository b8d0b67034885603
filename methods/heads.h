#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <vector>

namespace mlvicx {

/// A projection or prediction head: Linear - BN - ReLU for each hidden width, then a last Linear. [N, in] -> [N, out].
struct HeadOptions {
    std::int64_t in = 0;
    std::vector<std::int64_t> hidden;
    std::int64_t out = 0;
    bool hidden_bias = false; ///< bias of the linear layers before a norm
    bool out_bias = false;
    /// Batch norm of the output: none, without parameters, with a scale alone (its bias stays 0), with scale and bias.
    enum class OutputNorm { none, plain, scale, affine } out_norm = OutputNorm::none;
};

torch::nn::Sequential make_head(const HeadOptions& options);

} // namespace mlvicx
