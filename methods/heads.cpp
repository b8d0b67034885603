#include "methods/heads.h"

#include "core/error.h"
#include "methods/kernels/batch_norm_add_relu.h"
#include "methods/kernels/head_norm.h"
#include "methods/kernels/linear.h"

#include <torch/torch.h>

namespace mlvicx {

torch::nn::Sequential make_head(const HeadOptions& options) {
    ensure(options.in > 0 && options.out > 0, "make_head: widths must be positive");
    torch::nn::Sequential head;
    auto in = options.in;
    for (const auto width : options.hidden) {
        head->push_back(Linear(torch::nn::LinearOptions(in, width).bias(options.hidden_bias)));
        head->push_back(HeadNorm(width));
        head->push_back(torch::nn::ReLU(torch::nn::ReLUOptions().inplace(true)));
        in = width;
    }
    head->push_back(Linear(torch::nn::LinearOptions(in, options.out).bias(options.out_bias)));

    using Norm = HeadOptions::OutputNorm;
    if (options.out_norm == Norm::none) return head;
    const bool parameters = options.out_norm != Norm::plain;
    HeadNorm norm(options.out, parameters);
    if (options.out_norm == Norm::scale) norm->bias.set_requires_grad(false);
    head->push_back(norm);
    return head;
}

std::pair<torch::Tensor, torch::Tensor> forward_both(torch::nn::Sequential& head, const torch::Tensor& view1,
                                                     const torch::Tensor& view2) {
    ensure(view1.sizes() == view2.sizes(), "forward_both: the views differ in shape");
    auto x = torch::cat({view1, view2});
    for (auto& layer : *head) {
        const auto run = [&](const torch::Tensor& rows) -> torch::Tensor { return layer.forward(rows); };
        x = layer.ptr()->as<HeadNorm>() == nullptr ? run(x) : view_by_view(run, x);
    }
    const auto halves = x.chunk(2);
    return {halves[0], halves[1]};
}

} // namespace mlvicx
