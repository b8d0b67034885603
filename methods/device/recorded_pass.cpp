#include "methods/device/recorded_pass.h"

#include "core/progress.h"

#include <ATen/record_function.h>
#include <torch/torch.h>

#include <algorithm>
#include <exception>
#include <string>

namespace mlvicx {

namespace {

/// Before it is recorded, libraries choose their algorithms and get their memory.
constexpr std::int64_t runs_before = 3;

} // namespace

RecordedPass::RecordedPass(std::unique_ptr<GraphRecorder> recorder, Tensors parameters, Pass pass)
    : parameters_(std::move(parameters)), pass_(std::move(pass)), recorder_(std::move(recorder)) {}

void RecordedPass::drop_gradients() {
    for (auto& parameter : parameters_) parameter.mutable_grad().reset();
}

bool RecordedPass::same_shapes(const Tensors& inputs) const {
    return std::equal(inputs.begin(), inputs.end(), inputs_.begin(), inputs_.end(), [](const auto& a, const auto& b) {
        return a.sizes() == b.sizes() && a.strides() == b.strides() && a.scalar_type() == b.scalar_type();
    });
}

void RecordedPass::record() {
    const at::RecordFunctionGuard without_observers(false); // they may wait for the GPU, which a recording forbids
    try {
        const auto results = recorder_->record([this] {
            drop_gradients();
            auto found = pass_(inputs_);
            count_ = static_cast<std::ptrdiff_t>(found.size());
            for (const auto& parameter : parameters_) found.push_back(parameter.grad());
            return found;
        });
        outputs_.assign(results.begin(), results.begin() + count_);
        gradients_.assign(results.begin() + count_, results.end());
        recorded_ = true;
    } catch (const std::exception& error) {
        const std::string text = error.what();
        say("the training step runs without a CUDA graph, since recording it failed: {}",
            text.substr(0, text.find('\n')));
        recorder_.reset();
        inputs_.clear();
    }
}

RecordedPass::Tensors RecordedPass::run(const Tensors& inputs) {
    if (recorder_ && !recorded_) {
        if (inputs_.empty())
            for (const auto& input : inputs) inputs_.push_back(input.detach().clone());
        if (same_shapes(inputs) && runs_++ >= runs_before) {
            drop_gradients();
            record();
        }
    }
    if (!recorded_ || !same_shapes(inputs)) {
        drop_gradients();
        return pass_(inputs);
    }
    {
        const torch::NoGradGuard no_gradient;
        for (std::size_t i = 0; i < inputs.size(); ++i) inputs_[i].copy_(inputs[i], /*non_blocking=*/true);
    }
    recorder_->replay();
    for (std::size_t i = 0; i < parameters_.size(); ++i) parameters_[i].mutable_grad() = gradients_[i];
    return outputs_;
}

} // namespace mlvicx
