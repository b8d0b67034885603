#include "methods/pretrain/training_pass.h"

#include "methods/pretrain/step_parts.h"

#include <torch/torch.h>

namespace mlvicx {

namespace {

RecordedPass::Tensors trained_by(const Method& method) {
    RecordedPass::Tensors parameters;
    for (const auto& parameter : method.parameters())
        if (parameter.requires_grad()) parameters.push_back(parameter);
    return parameters;
}

} // namespace

TrainingPass::TrainingPass(Method& method, Ranks& ranks, const torch::Device& device, Precision precision)
    : method_(method), ranks_(ranks), device_(device), precision_(precision),
      pass_(ranks.alone() ? graph_recorder(device, method.buffers()) : nullptr, trained_by(method),
            [this](const RecordedPass::Tensors& views) { return forward_backward(views); }) {}

RecordedPass::Tensors TrainingPass::forward_backward(const RecordedPass::Tensors& views) {
    StepOutput output;
    {
        const Autocast autocast(device_, precision_);
        output = in_part(step_part::forward, [&] { return method_.step(views[0], views[1]); });
    }
    in_part(step_part::backward, [&] { ranks_.backward(output.loss); });
    names_.clear();
    RecordedPass::Tensors found{output.embedding, output.loss.detach()};
    for (const auto& [name, value] : output.terms) {
        names_.push_back(name);
        found.push_back(value);
    }
    return found;
}

StepOutput TrainingPass::step(const torch::Tensor& view1, const torch::Tensor& view2) {
    const auto run = [&] { return pass_.run({view1, view2}); };
    const auto found = pass_.recorded() ? in_part(step_part::recorded, run) : run();
    StepOutput output{found[1], {}, found[0]};
    for (std::size_t i = 0; i < names_.size(); ++i) output.terms.emplace_back(names_[i], found[i + 2]);
    return output;
}

} // namespace mlvicx
