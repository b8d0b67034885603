#pragma once

#include "methods/device/device.h"
#include "methods/method.h"
#include "methods/optimizer/recorded_step.h"
#include "methods/pretrain/pretrain.h"
#include "methods/pretrain/ranks.h"
#include "methods/views/image_pool.h"

#include <string>
#include <vector>

namespace mlvicx {

/// A pre-training step: the two views of a batch, the forward and the backward pass, and the optimiser's update.
/// Without other ranks it is recorded on a GPU that records: the views too if our kernels make them, and the update if
/// it is repeatable. All arguments must outlive it.
class TrainingPass {
public:
    TrainingPass(Method& method, Ranks& ranks, const PretrainOptions& options, Optimizer& optimizer,
                 const torch::Device& device, Precision precision);
    TrainingPass(const TrainingPass&) = delete;
    TrainingPass& operator=(const TrainingPass&) = delete;

    /// Leaves the gradients of these images' loss in the method's parameters. `rate`: of the update, which may be done
    /// already. The output, which has no gradient, is valid until the next step.
    StepOutput step(const PooledImages& images, double rate);
    /// After a step: its update, unless it was part of the recorded work.
    void update() { step_.update(); }

private:
    /// From both views to the embedding, the loss, and its terms.
    RecordedStep::Tensors work(const RecordedStep::Tensors& begun);

    Method& method_;
    Ranks& ranks_;
    const PretrainOptions& options_;
    Optimizer& optimizer_;
    torch::Device device_;
    Precision precision_;
    std::vector<std::string> names_; ///< of the terms
    RecordedStep step_;
};

} // namespace mlvicx
