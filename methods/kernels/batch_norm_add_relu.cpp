#include "methods/kernels/batch_norm_add_relu.h"

#include "core/error.h"
#include "methods/device/shared_batch.h"
#include "methods/kernels/batch_norm_passes.h"
#include "methods/kernels/norm_forward.h"

#include <torch/torch.h>

namespace mlvicx {

namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

class BatchNormAddRelu : public torch::autograd::Function<BatchNormAddRelu> {
public:
    /// `added` is empty if nothing is added: autograd takes no undefined input.
    static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, const Tensor& bias,
                          const Tensor& added, const norm::Layer& layer) {
        const bool on_gpu = norm::runs_on_gpu(x), adds = added.numel() > 0;
        const norm::Forward pass{.layer = layer,
                                 .x = x,
                                 .weight = weight,
                                 .bias = bias,
                                 .added = added,
                                 .statistics = at::empty({4, layer.views, x.size(1)}, weight.options()),
                                 .y = at::empty_like(x)};
        on_gpu ? run_on_gpu(pass) : run_on_cpu(pass);
        context->save_for_backward({x, weight, pass.statistics, layer.relu && adds ? pass.y : Tensor()});
        context->saved_data["views"] = layer.views;
        context->saved_data["relu"] = layer.relu;
        context->saved_data["adds"] = adds;
        context->saved_data["on_gpu"] = on_gpu;
        context->saved_data["ranks"] = SharedBatch::ranks_of_norms();
        return pass.y;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1], &y = saved[3];
        ensure(context->saved_data["ranks"].toInt() == SharedBatch::ranks_of_norms(),
               "a batch norm's backward pass needs the ranks of its forward pass");
        const auto grad_y = gradients[0].contiguous(torch::MemoryFormat::ChannelsLast);
        // The gradient that ReLU lets through is the added map's own gradient; without ReLU it is the whole gradient.
        const bool adds = context->saved_data["adds"].toBool(), relu = context->saved_data["relu"].toBool();
        const auto grad_added = !adds ? Tensor() : relu ? at::empty_like(x) : grad_y;
        const norm::Backward pass{.views = context->saved_data["views"].toInt(),
                                  .relu = relu,
                                  .x = x,
                                  .weight = weight,
                                  .statistics = saved[2],
                                  .y = y,
                                  .grad_y = grad_y,
                                  .grad_x = at::empty_like(x),
                                  .grad_weight = at::empty_like(weight),
                                  .grad_bias = at::empty_like(weight),
                                  .grad_added = grad_added};
        context->saved_data["on_gpu"].toBool() ? run_on_gpu(pass) : run_on_cpu(pass);
        return {pass.grad_x, pass.grad_weight, pass.grad_bias, pass.grad_added, Tensor()};
    }
};

bool fits(const BatchNorm& norm, const Tensor& x, std::int64_t views) {
    const auto parameters = x.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
    const bool known =
        parameters == x.scalar_type() || x.scalar_type() == torch::kBFloat16; // not half precision, nor integers
    // A GPU's kernels finish the moments themselves: a batch that several ranks share has the tensor form there.
    const bool on_gpu = SharedBatch::of_norms() == nullptr && norm::runs_on_gpu(x);
    return known && (x.is_cpu() || on_gpu) && x.dim() == 4 && x.is_contiguous(torch::MemoryFormat::ChannelsLast) &&
           norm->is_training() && norm->weight.scalar_type() == parameters && x.size(1) == norm->weight.size(0) &&
           x.size(0) % views == 0 && x.numel() / x.size(1) / views * SharedBatch::ranks_of_norms() > 1;
}

} // namespace

Tensor BatchNormImpl::forward(const Tensor& x) {
    return norm_forward(*this, x);
}

Tensor batch_norm_add_relu(BatchNorm& norm, const Tensor& x, Activation activation, const Tensor& added) {
    const bool relu = activation == Activation::relu;
    const std::int64_t views = norm->is_training() ? norm->views : 1;
    if (!fits(norm, x, views)) {
        const auto run = [&](const Tensor& batch) { return norm->forward(batch); };
        auto y = views == 2 ? view_by_view(run, x) : run(x);
        if (added.defined()) y += added;
        return relu ? y.relu_() : y;
    }
    const auto laid = added.defined() ? added.to(x.scalar_type()).contiguous(torch::MemoryFormat::ChannelsLast)
                                      : torch::empty({0}, x.options());
    norm->num_batches_tracked.add_(views);
    return BatchNormAddRelu::apply(x, norm->weight, norm->bias, laid,
                                   norm::Layer{norm->running_mean, norm->running_var, *norm->options.momentum(),
                                               norm->options.eps(), views, relu});
}

bool separates_views(const torch::Device& device) {
    return device.is_cpu() || norm::kernels_run_on(device);
}

Tensor view_by_view(const std::function<Tensor(const Tensor&)>& norm, const Tensor& both) {
    const auto views = both.chunk(2);
    const auto first = norm(views[0]);
    const auto second = norm(views[1]);
    return torch::cat({first, second});
}

} // namespace mlvicx
