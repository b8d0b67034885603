#include "methods/heads.h"

#include "core/error.h"

#include <torch/torch.h>

namespace mlvicx {

torch::nn::Sequential make_head(const HeadOptions& options) {
    ensure(options.in > 0 && options.out > 0, "make_head: widths must be positive");
    torch::nn::Sequential head;
    auto in = options.in;
    for (const auto width : options.hidden) {
        head->push_back(torch::nn::Linear(torch::nn::LinearOptions(in, width).bias(options.hidden_bias)));
        head->push_back(torch::nn::BatchNorm1d(width));
        head->push_back(torch::nn::ReLU(torch::nn::ReLUOptions().inplace(true)));
        in = width;
    }
    head->push_back(torch::nn::Linear(torch::nn::LinearOptions(in, options.out).bias(options.out_bias)));

    using Norm = HeadOptions::OutputNorm;
    if (options.out_norm == Norm::none) return head;
    const bool parameters = options.out_norm != Norm::plain;
    torch::nn::BatchNorm1d norm(torch::nn::BatchNorm1dOptions(options.out).affine(parameters));
    if (options.out_norm == Norm::scale) norm->bias.set_requires_grad(false);
    head->push_back(norm);
    return head;
}

} // namespace mlvicx
