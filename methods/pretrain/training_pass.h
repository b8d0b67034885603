#pragma once

#include "methods/device/device.h"
#include "methods/device/recorded_pass.h"
#include "methods/method.h"
#include "methods/pretrain/ranks.h"

#include <string>
#include <vector>

namespace mlvicx {

/// The forward and the backward pass of a pre-training step, from its two views; without other ranks recorded on a GPU
/// that records. The method and the ranks must outlive it.
class TrainingPass {
public:
    TrainingPass(Method& method, Ranks& ranks, const torch::Device& device, Precision precision);
    TrainingPass(const TrainingPass&) = delete;
    TrainingPass& operator=(const TrainingPass&) = delete;

    /// Leaves the gradients of the batch's loss in the method's parameters. These and the output, which has no
    /// gradient, are valid until the next step.
    StepOutput step(const torch::Tensor& view1, const torch::Tensor& view2);

private:
    /// The embedding, the loss, and its terms.
    RecordedPass::Tensors forward_backward(const RecordedPass::Tensors& views);

    Method& method_;
    Ranks& ranks_;
    torch::Device device_;
    Precision precision_;
    std::vector<std::string> names_; ///< of the terms
    RecordedPass pass_;
};

} // namespace mlvicx
